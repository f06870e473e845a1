"""What a WSGI server says of itself, besides what WSGI has."""

from __future__ import annotations

WORKER = "dovetail.worker"
"""In the environ: the gunicorn worker. Its `alive` says whether the process is to go on, and its
`upgraded(connection)` is told that a connection has become a WebSocket."""
