"""WSGI middleware: `/socket.io` goes to the sockets, all else to the app.

The gate is here: a browser sends cookies with a WebSocket from any page, and no CORS, so `Origin`
is what tells ours from others (RFC 6455 section 10.2).
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from .. import greenlets, state
from ..contract.errors import (
    BadRequest,
    NotFound,
    OriginNotAllowed,
    ServiceUnavailable,
    TooManyConnections,
)
from ..contract.handlers import problem_response
from ..contract.problem import Problem
from ..errors import ConfigurationError
from ..topology import Topology
from ..worker import WORKER
from .calls import Calls
from .places import PLACE, Place, give_back
from .pusher import Outlets
from .rules import NOTIFY, WIRE
from .service import Realtime
from .watch import Watch
from .websocket import connection_of, is_upgrade

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment
    from flask import Flask

    from .server import Sockets

_PATH: str = WIRE["path"]

_SHARE = 4
"""Of so many places one is for strangers, and of so many of those one for each address."""

_SHARE_OF_ONE = 2
"""Of so many places for sockets one address may have one."""


class Mount:
    """
    Args:
        app: whose sockets they are.
        inner: the app behind it.
    """

    def __init__(self, app: Flask, inner: WSGIApplication) -> None:
        self._app = app
        self._inner = inner
        self._turn = threading.Lock()
        self._is_looked_after = False

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path != _PATH and not path.startswith(f"{_PATH}/"):
            return self._inner(environ, start_response)
        service = state.get(Realtime, self._app)
        try:
            sockets, place = _gate(service, environ)
        except Problem as problem:
            answer = problem_response(self._app, problem.body(), problem.headers)
            return answer(environ, start_response)
        try:
            self._look_after(service, environ)
            environ["flask.app"] = self._app  # where Flask-SocketIO looks for it
            worker = environ.get(WORKER)
            if worker is not None:
                worker.upgraded(connection_of(environ))
            sockets.eio.serve(environ, start_response)
        finally:
            give_back(environ)
            place.give_back()
        # The connection was not the server's to answer on: each has its way of being told.
        raise StopIteration if "gunicorn.socket" in environ else ConnectionAbortedError

    def _look_after(self, service: Realtime, environ: WSGIEnvironment) -> None:
        """Start the threads, with the first connection: in the process that serves, not before."""
        if self._is_looked_after:
            return
        with self._turn:
            if self._is_looked_after:
                return
            worker = environ.get(WORKER)
            watch = Watch(Calls(self._app), lambda: worker is not None and not worker.alive)
            work = {"push": _push, "presence": _tell_presence, "bus": _listen}
            work |= watch.looks()
            for name, run in work.items():
                threading.Thread(
                    target=run, args=(service,), name=f"dovetail-{name}", daemon=True
                ).start()
            self._is_looked_after = True


def _gate(service: Realtime, environ: WSGIEnvironment) -> tuple[Sockets, Place]:
    """Judge a handshake, and take a place for its socket.

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
    origin, site = environ.get("HTTP_ORIGIN"), environ.get("HTTP_SEC_FETCH_SITE")
    if not service.authority.origin_is_allowed(origin, site):
        raise OriginNotAllowed
    query = parse_qs(environ.get("QUERY_STRING", ""))
    if not is_upgrade(environ) or query.get("transport") != ["websocket"] or "sid" in query:
        raise BadRequest("Sockets begin as a WebSocket: there is no long polling here.")
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


def _take_places(service: Realtime, sockets: Sockets, environ: WSGIEnvironment) -> Place:
    """Take a place for as long as the socket is open, and one until it has said whose it is.

    Raises:
        TooManyConnections: there is none left, or none for the address of this client.
    """
    given = service.settings
    places = _places(service, sockets, environ)
    address = state.get(Topology, service.app).trusted_proxies.share_of(
        environ.get("REMOTE_ADDR", "")
    )
    place = sockets.places.take(
        address,
        most=places,
        most_of_one=given.connections_per_address or max(1, places // _SHARE_OF_ONE),
    )
    if place is None:
        raise TooManyConnections(retry_after=5)
    most = given.strangers_max or max(4, places // _SHARE)
    strangers_place = sockets.strangers.take(
        address,
        most=most,
        most_of_one=given.strangers_per_address or max(2, most // _SHARE),
    )
    if strangers_place is None:
        place.give_back()
        raise TooManyConnections(retry_after=5)
    environ[PLACE] = strangers_place
    return place


def _places(service: Realtime, sockets: Sockets, environ: WSGIEnvironment) -> int:
    """How many sockets this process takes; where they are threads, requests keep some."""
    given = service.settings.connections_max
    if sockets.async_mode == "gevent":
        return 10_000 if given is None else given
    places = 200 if given is None else given
    worker = environ.get(WORKER)
    if worker is None:
        return places
    threads: int = worker.cfg.threads
    return min(places, threads - max(1, threads // 8))


def _push(service: Realtime) -> None:
    """Send stored events to whoever has news."""
    if service.sockets is not None:
        service.pusher.run(
            Outlets(
                service.app,
                service.sockets,
                service.connections,
                service.notifications,
                service.events,
            )
        )


def _tell_presence(service: Realtime) -> None:
    """Tell rooms who is there."""
    if service.sockets is not None:
        service.presence.run(service.sockets, service.publish)


def _listen(service: Realtime) -> None:
    """Hear the other processes; after silence, whoever is connected may have missed something."""
    sockets = service.sockets
    if service.bus is not None and sockets is not None:
        service.bus.listen(
            service.hear,
            lambda: service.pusher.wake(service.connections.subjects(NOTIFY)),
            lambda: sockets.is_stopping,
        )
