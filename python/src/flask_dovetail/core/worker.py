"""What the environ says of the server and of the request, besides what WSGI has."""

from __future__ import annotations

WORKER = "dovetail.worker"
"""In the environ: the gunicorn worker. Its `alive` says whether the process is to go on, and its
`upgraded(connection)` is told that a connection has become a WebSocket."""

BEGAN_AT = "dovetail.began_at"
"""In the environ: when the request began, before anything of the application's; `monotonic`."""
