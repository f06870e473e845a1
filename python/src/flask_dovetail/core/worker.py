"""The keys of the environ that Dovetail adds to those of WSGI."""

from __future__ import annotations

WORKER = "dovetail.worker"
"""The gunicorn worker, in the environ. Its `alive` says whether the process is to go on, and its
`upgraded(connection)` is called when a connection has become a WebSocket."""

BEGAN_AT = "dovetail.began_at"
"""When the request began, in the environ: `monotonic`, before any code of the application's."""
