"""How the starter is served: one process, threads, loopback. Environment: docs/running.md."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

MEMORY = Path("/dev/shm")  # noqa: S108 - for gunicorn, whose file there has no name

bind = f"127.0.0.1:{os.environ.get('PORT') or 5000}"
worker_class = "flask_dovetail.server.gunicorn.ProblemWorker"
workers = 1
# Each open socket holds one. DOVETAIL_REALTIME_CONNECTIONS_MAX (200) leaves the rest to requests;
# a thread is made when none is idle, and ends when nobody needs it: docs/serving.md.
threads = 256
worker_connections = 2000  # idle ones give way to new ones; fewer where few files may be open
preload_app = True
# Each turn of a worker's loop touches its heartbeat: on a disk that uploads keep busy, it waits.
worker_tmp_dir = str(MEMORY) if os.access(MEMORY, os.W_OK) else None
graceful_timeout = 5
keepalive = 15
loglevel = "warning"
accesslog = None  # Dovetail writes one structured line per request
forwarded_allow_ips = ""  # DOVETAIL_TRUSTED_PROXIES decides, in one place
control_socket_disable = True


def when_ready(_server: Any) -> None:
    port = os.environ.get("PORT") or 5000
    print(f"\n  Ready at http://localhost:{port} (Ctrl-C stops it)\n", file=sys.stderr, flush=True)
