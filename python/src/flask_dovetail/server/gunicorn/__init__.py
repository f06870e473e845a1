"""A gunicorn worker that waits for no client for ever, and refuses requests with problems.

    worker_class = "flask_dovetail.server.gunicorn.ProblemWorker"

`docs/serving.md` is the guide.
"""

from __future__ import annotations

from gunicorn import __version__, version_info

if version_info < (26,):
    raise ImportError(
        f"ProblemWorker needs gunicorn 26 or newer, and this is {__version__}. "
        "Run: pip install 'gunicorn>=26'"
    )

from .worker import ProblemWorker

__all__ = ["ProblemWorker"]
