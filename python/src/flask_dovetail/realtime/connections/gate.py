"""WSGI middleware: `/socket.io` goes to the sockets, everything else to the app.

The origin check is here: a browser sends cookies with a WebSocket from any page, without CORS, so
only `Origin` shows whether the page is ours (RFC 6455 section 10.2).
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from ...contract.error_handlers import problem_response
from ...contract.problem import Problem
from ...contract.problems import (
    BadRequest,
    HeaderFieldsTooLarge,
    NotFound,
    OriginNotAllowed,
    ServiceUnavailable,
    TooManyConnections,
)
from ...core import greenlets, own_routes, state
from ...core.errors import ConfigurationError
from ...core.worker import WORKER
from ...topology import Topology
from ..realtime import Realtime
from ..rules import NOTIFY, WIRE
from ..sockets.websocket import connection_of, is_upgrade
from .connection_limits import PLACE, Place, give_back
from .handlers import SocketHandlers
from .push import Outlets
from .supervision import Supervision

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment
    from flask import Flask

    from ..sockets.server import Sockets

_PATH: str = WIRE["path"]

_SHARE = 4
"""One in so many places is for strangers, and one in so many of those for each address."""

_SHARE_OF_ONE = 2
"""One address may have one in so many places for sockets."""


class Mount:
    """The middleware that serves sockets.

    Args:
        app: the app that the sockets belong to.
        inner: the app behind it.
    """

    def __init__(self, app: Flask, inner: WSGIApplication) -> None:
        self._app = app
        self._inner = inner
        self._path = own_routes.of(app).path(_PATH)
        self._below = f"{self._path}/"
        self._lock = threading.Lock()
        self._has_started = False
        self._unstarted: dict[str, Callable[[Realtime, Sockets], None]] = {}

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Serve a socket, or pass the request on to the app."""
        path = environ.get("PATH_INFO", "")
        if path != self._path and not path.startswith(self._below):
            return self._inner(environ, start_response)
        service = state.get(Realtime, self._app)
        try:
            sockets, place = _gate(service, environ)
        except Problem as problem:
            answer = problem_response(self._app, problem.body(), problem.headers)
            return answer(environ, start_response)
        try:
            self._start_threads(service, sockets, environ)
            environ["flask.app"] = self._app  # Flask-SocketIO reads it from here
            worker = environ.get(WORKER)
            if worker is not None:
                worker.upgraded(connection_of(environ))
            sockets.eio.serve(environ, start_response)
        finally:
            give_back(environ)
            place.give_back()
        # The server must not answer on this connection: each server has its own signal for that.
        raise StopIteration if "gunicorn.socket" in environ else ConnectionAbortedError

    def _start_threads(self, service: Realtime, sockets: Sockets, environ: WSGIEnvironment) -> None:
        """Start the threads with the first connection, in the process that serves it."""
        if self._has_started:
            return
        with self._lock:
            if self._has_started:
                return
            if not self._unstarted:
                worker = environ.get(WORKER)
                supervision = Supervision(
                    SocketHandlers(self._app), lambda: worker is not None and not worker.alive
                )
                self._unstarted = {"push": _push, "presence": _send_presence, "bus": _listen}
                self._unstarted |= supervision.rounds()
            while self._unstarted:  # where the system has no thread left, the next one goes on here
                name, run = next(iter(self._unstarted.items()))
                threading.Thread(
                    target=run, args=(service, sockets), name=f"dovetail-{name}", daemon=True
                ).start()
                del self._unstarted[name]
            self._has_started = True


def _gate(service: Realtime, environ: WSGIEnvironment) -> tuple[Sockets, Place]:
    """Check a handshake, and take a place for its socket.

    Raises:
        Problem: the request is refused.
        ConfigurationError: the process cannot serve sockets as it was started.
    """
    sockets = service.sockets
    if sockets is None:
        raise NotFound("This process takes no sockets.")
    if greenlets.in_use() is not (sockets.async_mode == "gevent"):
        raise ConfigurationError(
            "The app was made before gevent replaced the threads.",
            key="preload_app",
            cure="Set it to False in the gunicorn that serves sockets on gevent.",
        )
    if _count_bytes(environ) > service.settings.handshake_bytes:
        raise HeaderFieldsTooLarge
    origin, site = environ.get("HTTP_ORIGIN"), environ.get("HTTP_SEC_FETCH_SITE")
    if not service.authority.origin_is_allowed(origin, site):
        raise OriginNotAllowed
    query = parse_qs(environ.get("QUERY_STRING", ""))
    if not is_upgrade(environ) or query.get("transport") != ["websocket"] or "sid" in query:
        raise BadRequest(
            "Sockets begin as a WebSocket: there is no long polling here. Give the client "
            'transports: ["websocket"] (python-socketio: transports=["websocket"]).'
        )
    if query.get("EIO") != ["4"]:
        raise BadRequest("Speak Engine.IO 4: socket.io-client 3 or newer, python-socketio 5.")
    if connection_of(environ) is None or not environ.get("wsgi.multithread"):
        raise BadRequest(
            "This WSGI server cannot serve sockets: use gunicorn with threads or gevent, and let a "
            "proxy speak TLS."
        )
    if sockets.is_stopping:
        raise ServiceUnavailable(retry_after=1)
    return sockets, _take_places(service, sockets, environ)


def _count_bytes(environ: WSGIEnvironment) -> int:
    """Return about how many bytes of the request the socket would keep."""
    return sum(len(name) + len(text) for name, text in environ.items() if isinstance(text, str))


def _take_places(service: Realtime, sockets: Sockets, environ: WSGIEnvironment) -> Place:
    """Take a place for the open socket, and a stranger's place until it has joined a namespace.

    Raises:
        TooManyConnections: there is no place left, or none for the address of this client.
    """
    limits = service.settings
    places = _count_places(service, sockets, environ)
    address = state.get(Topology, service.app).trusted_proxies.share_of(
        environ.get("REMOTE_ADDR", "")
    )
    place = sockets.places.take(
        address,
        most=places,
        most_of_one=limits.connections_per_address or max(1, places // _SHARE_OF_ONE),
    )
    if place is None:
        raise TooManyConnections(retry_after=5)
    most = limits.strangers_max or max(4, places // _SHARE)
    strangers_place = sockets.strangers.take(
        address,
        most=most,
        most_of_one=limits.strangers_per_address or max(2, most // _SHARE),
    )
    if strangers_place is None:
        place.give_back()
        raise TooManyConnections(retry_after=5)
    environ[PLACE] = strangers_place
    return place


def _count_places(service: Realtime, sockets: Sockets, environ: WSGIEnvironment) -> int:
    """Return how many sockets this process takes; on threads, requests keep some of them."""
    limit = service.settings.connections_max
    if sockets.async_mode == "gevent":
        return 10_000 if limit is None else limit
    places = 200 if limit is None else limit
    worker = environ.get(WORKER)
    if worker is None:
        return places
    threads: int = worker.cfg.threads
    return min(places, threads - max(1, threads // 8))


def _push(service: Realtime, sockets: Sockets) -> None:
    """Send stored events to everybody with news."""
    service.pusher.run(
        Outlets(
            service.app,
            sockets,
            service.connections,
            service.notifications,
            service.events,
        )
    )


def _send_presence(service: Realtime, sockets: Sockets) -> None:
    """Send the lists of people to the rooms."""
    service.presence.run(sockets, service.publish)


def _listen(service: Realtime, sockets: Sockets) -> None:
    """Receive other processes' messages; after an outage, everybody may have missed some."""
    if service.bus is not None:
        service.bus.listen(
            service.dispatch,
            lambda: service.pusher.wake(service.connections.subjects(NOTIFY)),
            lambda: sockets.is_stopping,
        )
