"""What the tests share: sites and their people, real servers, and programs that run beside a test.

A program is started as a module (`python -m support.files_worker`, `gunicorn support.crowd_app:…`)
in the folder above, or with that folder as `PYTHONPATH`.
"""
