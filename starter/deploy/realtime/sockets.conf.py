"""How gunicorn serves sockets apart from requests: one process, greenlets, the port in `PORT`."""

from __future__ import annotations

import os

bind = f"127.0.0.1:{os.environ.get('PORT') or 5001}"
worker_class = "gevent"
workers = 1  # for more sockets, more of these processes: each has a port that nginx can count on
worker_connections = 11_000  # more than DOVETAIL_REALTIME_CONNECTIONS_MAX: who is too many is told
preload_app = False  # gevent replaces the threads in the worker, before it imports the app
keepalive = 2  # the head of a handshake must be here by then; gevent bounds nothing else of it
graceful_timeout = 2  # open sockets end with the process: nothing else is there to wait for
forwarded_allow_ips = ""  # DOVETAIL_TRUSTED_PROXIES decides, in one place
control_socket_disable = True
loglevel = "warning"
accesslog = None
