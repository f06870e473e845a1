"""A gunicorn worker that waits for no client without end, and that refuses with problems.

    worker_class = "flask_dovetail.server.gunicorn.ProblemWorker"

`docs/serving.md` is the guide.
"""

from __future__ import annotations

from .worker import ProblemWorker

__all__ = ["ProblemWorker"]
