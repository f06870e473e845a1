"""What a WSGI server says of itself, besides what WSGI has."""

from __future__ import annotations

WORKER = "dovetail.worker"
"""In the environ: the gunicorn worker, whose `alive` says whether the process is to go on."""
