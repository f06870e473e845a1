"""What happens when a client connects, sends an event or leaves: the `Entry` of `Sockets`.

Every call is made in a request context of its own, on the handshake's headers, as the person who
holds the connection: guards, `current_identity()` and the application's own teardown work as in a
view.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from flask import request
from pydantic_core import to_jsonable_python
from werkzeug.exceptions import HTTPException

from .. import state
from ..contract.errors import (
    BadRequest,
    Conflict,
    Forbidden,
    InternalError,
    InvalidToken,
    NotFound,
    ServiceUnavailable,
    SessionExpired,
    TooManyConnections,
    TooManyRequests,
    Unauthenticated,
)
from ..contract.handlers import RETRY_AFTER_SECONDS
from ..contract.problem import Problem
from ..contract.runtime import ContractState
from ..core.times import utc_text
from .connections import Connection, Start
from .payloads import (
    HANDSHAKE,
    RENEWAL,
    ROOM,
    Handshake,
    Renewal,
    RoomIn,
    handled,
    read,
    room_of,
    sole,
)
from .presence import Place
from .rules import NOTIFY, WIRE, room_of_subject
from .service import Realtime, log

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from flask import Flask

    from ..auth.identity import Credential
    from ..outages import Outages

MAX_ROOMS = 100
"""So many rooms one connection may be in."""


class Calls:
    """
    Args:
        app: whose sockets they are.
    """

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._ours: dict[str, Callable[[Connection, tuple[Any, ...]], Any]] = {
            WIRE["join_event"]: self._join,
            WIRE["leave_event"]: self._leave,
        }

    def admit(self, path: str, eio_sid: str, environ: dict[str, Any], auth: Any) -> Connection:
        """
        Raises:
            Problem: the connection is refused.
        """
        service = self._service
        asked: Handshake = read(HANDSHAKE, {} if auth is None else auth, "auth")
        with self._inside(environ, token=asked.token):
            credential = self._credential(service, eio_sid, asked)
            if asked.login is not None and asked.login != credential.login.id:
                raise SessionExpired("Somebody has signed in here meanwhile.")
            service.guards[path]()
            connection = Connection(eio_sid, path, environ, credential)
            connection.asked_at = service.clock()
            if path == NOTIFY:
                connection.start = self._start(connection.subject, asked.last)
        most = service.settings.connections_per_person
        if not service.connections.admit(connection, most=most):
            raise TooManyConnections(retry_after=30)
        return connection

    def entered(self, admitted: Connection, sid: str) -> None:
        service, sockets = self._service, self._service.sockets
        assert sockets is not None
        admitted.sid = sid
        service.connections.add(admitted)
        if not sockets.manager.is_connected(sid, admitted.namespace):
            self.left(sid)  # it was closed meanwhile, and nobody will say so again
            return
        sockets.enter_room(sid, room_of_subject(admitted.subject), namespace=admitted.namespace)
        start = admitted.start
        if start is None:
            return
        standing = start.standing._asdict()
        sockets.emit(WIRE["ready_event"], standing, to=sid, namespace=NOTIFY)
        if start.reset:
            sockets.emit(WIRE["reset_event"], standing, to=sid, namespace=NOTIFY)
        admitted.sent = start.after
        service.pusher.wake([admitted.subject])

    def left(self, sid: str) -> None:
        service = self._service
        connection = service.connections.remove(sid)
        if connection is None:
            return
        for room in list(connection.rooms):
            self._leave_room(service, connection, room)

    def answered(self, sid: str, name: str, args: tuple[Any, ...]) -> None:
        """After the acknowledgement of a room that was joined: who is there."""
        connection = self._service.connections.get(sid)
        if name == WIRE["join_event"] and connection is not None:
            self._service.presence.tell(Place(connection.namespace, args[0]["room"]), sid)

    def called(self, sid: str, name: str, args: tuple[Any, ...]) -> dict[str, Any]:
        service = self._service
        connection = service.connections.get(sid)
        if connection is None:
            return _refusal(NotFound("This connection has ended."))
        rate = service.settings.events_per_second_per_person
        if not service.connections.may_send(connection.subject, rate=rate, now=time.monotonic()):
            return self.too_many()
        try:
            if name == WIRE["renew_event"]:
                return {"data": self._renew(connection, args)}
            with self._inside(connection.environ, connection=connection):
                self._resume(service, connection)
                ours = self._ours.get(name)
                if ours is not None:
                    return {"data": ours(connection, args)}
                handler = service.namespaces[connection.namespace].handlers.get(name)
                if handler is None:
                    raise NotFound("Nothing here takes this event.")
                return {"data": handled(handler, args)}
        except Problem as problem:
            return _refusal(problem)

    def ask(self, group: Sequence[Connection]) -> None:
        """Ask the application about one person again, and about the rooms of their connections.

        Args:
            group: connections of one login in one namespace.

        Raises:
            Problem: they are no longer welcome.
        """
        service = self._service
        with self._inside(group[0].environ, connection=group[0]):
            self._resume(service, group[0])
            for connection in group:
                for name in list(connection.rooms):
                    room, key = room_of(service.namespaces[connection.namespace], name)
                    try:
                        room.permit(*key)
                    except Problem as problem:
                        if problem.status < 500:
                            self._leave_room(service, connection, name)

    def too_many(self) -> dict[str, Any]:
        return _refusal(TooManyRequests(retry_after=1))

    def drained(self) -> None:
        self._service.pusher.wake_late()

    @property
    def _service(self) -> Realtime:
        return state.get(Realtime, self._app)

    @contextmanager
    def _inside(
        self,
        environ: dict[str, Any],
        *,
        token: str | None = None,
        connection: Connection | None = None,
    ) -> Iterator[None]:
        """A request context on the handshake; with `token`, as if that had been sent with it.

        Raises:
            Problem: nothing else, whatever fails inside.
        """
        copy = dict(environ)
        if token is not None:
            copy["HTTP_AUTHORIZATION"] = f"Bearer {token}"
        contract = state.get(ContractState, self._app)
        request_id = None
        try:
            with self._app.request_context(copy):
                request_id = contract.request_id()
                if connection is not None:
                    # Where Flask-SocketIO's own functions look for them.
                    request.sid = connection.sid  # type: ignore[attr-defined]
                    request.namespace = connection.namespace  # type: ignore[attr-defined]
                try:
                    yield
                except Exception as error:
                    raise _problem_of(error, contract.outages) from None
        except Problem as problem:
            problem.members.setdefault("request_id", request_id)
            raise
        except Exception as error:  # what the application does when a context ends
            raise _problem_of(error, contract.outages) from None

    def _credential(self, service: Realtime, eio_sid: str, asked: Handshake) -> Credential:
        """By the request's own credential, or by that of another namespace on the same socket.

        The cookie of the handshake may be a former one by now, of a login that goes on.
        """
        others = service.connections.of_socket(eio_sid)
        if asked.token is not None or not others:
            return service.authority.capture()
        credential = others[0].credential
        if credential.login.id not in service.authority.live_logins([credential.login]):
            raise SessionExpired
        service.authority.restore(credential)
        return credential

    def _resume(self, service: Realtime, connection: Connection) -> None:
        """Make the current request that of a connection whose person is still welcome.

        Raises:
            Problem: they are not. The next look of `watch` closes it.
        """
        connection.asked_at = 0.0
        service.authority.restore(connection.credential)
        service.guards[connection.namespace]()
        connection.asked_at = service.clock()

    def _start(self, subject: str, last: int | None) -> Start:
        kept = self._service.notifications
        standing = kept.standing(subject)
        newest = standing.seq
        if last is None or last == newest:
            return Start(standing, newest, reset=False)
        oldest = kept.oldest(subject) if last < newest else None
        if oldest is None or oldest > last + 1:  # trimmed, or of a database that is no more
            return Start(standing, newest, reset=True)
        return Start(standing, last, reset=False)

    def _renew(self, connection: Connection, args: tuple[Any, ...]) -> dict[str, Any]:
        asked: Renewal = read(RENEWAL, sole(args))
        service = self._service
        with self._inside(connection.environ, token=asked.token):
            credential: Credential = service.authority.capture()
        if credential.login.id != connection.credential.login.id or credential.expires_at is None:
            raise InvalidToken("It is of another login.")
        for other in service.connections.of_socket(connection.eio_sid):
            if other.credential.login.id == credential.login.id:
                other.credential = credential
        return {"expires_at": utc_text(credential.expires_at)}

    def _join(self, connection: Connection, args: tuple[Any, ...]) -> None:
        service = self._service
        assert service.sockets is not None
        asked: RoomIn = read(ROOM, sole(args))
        room, key = room_of(service.namespaces[connection.namespace], asked.room)
        if asked.room not in connection.rooms and len(connection.rooms) >= MAX_ROOMS:
            raise TooManyRequests(f"A connection may be in {MAX_ROOMS} rooms.")
        room.permit(*key)
        shown = None
        if room.present_as is not None:
            shown = to_jsonable_python(room.present_as(service.authority.current_identity()))
        connection.rooms.add(asked.room)
        service.sockets.enter_room(connection.sid, asked.room, namespace=connection.namespace)
        if shown is None:
            return
        place = Place(connection.namespace, asked.room)
        service.presence.enter(place, connection.subject, connection.sid, shown)
        if service.connections.get(connection.sid) is None:  # it was closed meanwhile
            service.presence.leave(place, connection.subject, connection.sid)

    def _leave(self, connection: Connection, args: tuple[Any, ...]) -> None:
        asked: RoomIn = read(ROOM, sole(args))
        service = self._service
        if asked.room in connection.rooms:
            self._leave_room(service, connection, asked.room)

    def _leave_room(self, service: Realtime, connection: Connection, room: str) -> None:
        assert service.sockets is not None
        connection.rooms.discard(room)
        service.sockets.leave_room(connection.sid, room, namespace=connection.namespace)
        place = Place(connection.namespace, room)
        service.presence.leave(place, connection.subject, connection.sid)


_HTTP: dict[int | None, type[Problem]] = {
    kind.status: kind
    for kind in (BadRequest, Unauthenticated, Forbidden, NotFound, Conflict, TooManyRequests)
}
"""What `abort(404)` and the like mean, which handlers may share with views."""


def _problem_of(error: Exception, outages: Outages) -> Problem:
    if isinstance(error, Problem):
        return error
    if isinstance(error, HTTPException) and error.code in _HTTP:
        return _HTTP[error.code]()
    if outages.report(error, during="a handler of sockets"):
        return ServiceUnavailable(retry_after=RETRY_AFTER_SECONDS)
    log.exception("a handler of sockets failed")
    return InternalError()


def _refusal(problem: Problem) -> dict[str, Any]:
    return {"problem": problem.body()}
