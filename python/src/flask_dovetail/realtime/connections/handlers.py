"""Handle the connects, events and disconnects of clients: the `Entry` of `Sockets`.

Every call runs in a request context of its own, with the handshake's headers, as the person of the
connection: guards, `current_identity()` and the application's own teardown work as in a view.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from flask import request
from pydantic_core import from_json
from werkzeug.exceptions import HTTPException

from ...contract.error_handlers import RETRY_AFTER_SECONDS
from ...contract.problem import Problem
from ...contract.problems import (
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
from ...contract.runtime import ContractState
from ...core import state
from ...core.times import utc_text
from ..realtime import Realtime, log
from ..rules import NOTIFY, WIRE, room_of_subject
from ..written import write, writer_of
from .payloads import (
    HANDSHAKE,
    RENEWAL,
    ROOM,
    Handshake,
    Renewal,
    RoomIn,
    call_handler,
    find_room,
    read,
    take_payload,
)
from .presence import Place
from .registry import Connection, Start

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from flask import Flask

    from ...core.identity import Credential
    from ...core.outages import Outages
    from ..sockets.server import Sockets

MAX_ROOMS = 100
"""The most rooms of one connection."""

MAX_ROOMS_PER_PERSON = 500
"""The most rooms of all connections of one person to a process."""


class SocketHandlers:
    """The handlers of one app's connections.

    Args:
        app: the app that the sockets belong to.
    """

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._own: dict[str, Callable[[Sockets, Connection, tuple[Any, ...]], Any]] = {
            WIRE["join_event"]: self._join,
            WIRE["leave_event"]: self._leave,
        }

    def admit(self, path: str, eio_sid: str, environ: dict[str, Any], auth: Any) -> Connection:
        """See `Entry.admit`.

        Raises:
            Problem: the connection is refused.
        """
        service = self._service
        handshake: Handshake = read(HANDSHAKE, {} if auth is None else auth, "auth")
        with self._inside(environ, token=handshake.token):
            credential = self._credential(service, eio_sid, handshake)
            if handshake.login is not None and handshake.login != credential.login.id:
                raise SessionExpired("Somebody has signed in here meanwhile.")
            if not self._may_send(credential.login.subject):
                raise TooManyRequests(retry_after=1)
            service.guards[path]()
            if credential.login.strategy == "other" and handshake.token is not None:
                # The app is asked about it with each event.
                environ = {**environ, "HTTP_AUTHORIZATION": f"Bearer {handshake.token}"}
            connection = Connection(eio_sid, path, environ, credential)
            connection.asked_at = service.clock()
            if path == NOTIFY:
                connection.start = self._start(connection.subject, handshake.last)
        most = service.settings.connections_per_person
        if not service.connections.admit(connection, most=most):
            raise TooManyConnections(retry_after=30)
        return connection

    def on_connect(self, sockets: Sockets, admitted: Connection, sid: str) -> None:
        """See `Entry.on_connect`."""
        service = self._service
        admitted.sid = sid
        service.connections.add(admitted)
        if not sockets.manager.is_connected(sid, admitted.namespace):
            self.on_disconnect(sockets, sid)  # it closed just now, unreported
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

    def on_disconnect(self, sockets: Sockets, sid: str) -> None:
        """See `Entry.on_disconnect`."""
        service = self._service
        connection = service.connections.remove(sid)
        if connection is None:
            return
        for room in list(connection.rooms):
            self._leave_room(service, sockets, connection, room)

    def after_event(self, sid: str, name: str, args: tuple[Any, ...]) -> None:
        """See `Entry.after_event`.

        Sends the list of people after the acknowledgement of a joined room.
        """
        connection = self._service.connections.get(sid)
        if name == WIRE["join_event"] and connection is not None:
            self._service.presence.send_to(Place(connection.namespace, args[0]["room"]), sid)

    def on_event(
        self, sockets: Sockets, sid: str, name: str, args: tuple[Any, ...]
    ) -> dict[str, Any]:
        """See `Entry.on_event`."""
        service = self._service
        connection = service.connections.get(sid)
        if connection is None:
            return _refusal(NotFound("This connection has ended."))
        if not self._may_send(connection.subject):
            return self.refuse_too_many()
        try:
            if name == WIRE["renew_event"]:
                return {"data": self._renew(connection, args)}
            with self._inside(connection.environ, connection=connection):
                self._resume(service, connection)
                own = self._own.get(name)
                if own is not None:
                    return {"data": own(sockets, connection, args)}
                handler = service.namespaces[connection.namespace].handlers.get(name)
                if handler is None:
                    raise NotFound("Nothing here takes this event.")
                return {"data": call_handler(handler, args)}
        except Problem as problem:
            return _refusal(problem)

    def ask(self, sockets: Sockets, group: Sequence[Connection]) -> None:
        """Ask the application again about one person and the rooms of their connections.

        Args:
            group: connections of one login in one namespace.

        Raises:
            Problem: the person is no longer welcome.
        """
        service = self._service
        with self._inside(group[0].environ, connection=group[0]):
            self._resume(service, group[0])
            for connection in group:
                for name in list(connection.rooms):
                    room, key = find_room(service.namespaces[connection.namespace], name)
                    try:
                        room.permit(*key)
                    except Problem as problem:
                        if problem.status < 500:
                            self._leave_room(service, sockets, connection, name)

    def refuse_too_many(self) -> dict[str, Any]:
        """See `Entry.refuse_too_many`."""
        return _refusal(TooManyRequests(retry_after=1))

    def on_drained(self) -> None:
        """See `Entry.on_drained`."""
        self._service.pusher.wake_late()

    def _may_send(self, subject: str) -> bool:
        service = self._service
        rate = service.settings.events_per_second_per_person
        return service.connections.may_send(subject, rate=rate, now=time.monotonic())

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
        """Run in a request context on the handshake, with `token` as if it had been sent along.

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
                    # Flask-SocketIO's own functions read them from here.
                    request.sid = connection.sid  # type: ignore[attr-defined]
                    request.namespace = connection.namespace  # type: ignore[attr-defined]
                try:
                    yield
                except Exception as error:
                    raise _problem_of(error, contract.outages) from None
        except Problem as problem:
            problem.members.setdefault("request_id", request_id)
            raise
        except Exception as error:  # raised by the application's teardown
            raise _problem_of(error, contract.outages) from None

    def _credential(self, service: Realtime, eio_sid: str, handshake: Handshake) -> Credential:
        """Capture the request's own credential, or that of another namespace on the same socket.

        The cookie of the handshake may be an earlier one of a login that goes on.
        """
        others = service.connections.of_socket(eio_sid)
        if handshake.token is not None or not others:
            return service.authority.capture()
        credential = others[0].credential
        if credential.login.id not in service.authority.live_logins([credential.login]):
            raise SessionExpired
        service.authority.restore(credential)
        return credential

    def _resume(self, service: Realtime, connection: Connection) -> None:
        """Restore the credential of a connection whose person is still welcome.

        Raises:
            Problem: the person is not; the next round of `supervision` closes the connection.
        """
        connection.asked_at = 0.0
        service.authority.restore(connection.credential)
        service.guards[connection.namespace]()
        connection.asked_at = service.clock()

    def _start(self, subject: str, last: int | None) -> Start:
        notifications = self._service.notifications
        standing = notifications.standing(subject)
        newest = standing.seq
        if last is None or last == newest:
            return Start(standing, newest, reset=False)
        oldest = notifications.oldest(subject) if last < newest else None
        if oldest is None or oldest > last + 1:  # trimmed, or of a database that no longer exists
            return Start(standing, newest, reset=True)
        return Start(standing, last, reset=False)

    def _renew(self, connection: Connection, args: tuple[Any, ...]) -> dict[str, Any]:
        renewal: Renewal = read(RENEWAL, take_payload(args))
        service = self._service
        with self._inside(connection.environ, token=renewal.token):
            credential: Credential = service.authority.capture()
        if credential.login.id != connection.credential.login.id or credential.expires_at is None:
            raise InvalidToken("It is of another login.")
        for other in service.connections.of_socket(connection.eio_sid):
            if other.credential.login.id == credential.login.id:
                other.credential = credential
        return {"expires_at": utc_text(credential.expires_at)}

    def _join(self, sockets: Sockets, connection: Connection, args: tuple[Any, ...]) -> None:
        service = self._service
        wanted: RoomIn = read(ROOM, take_payload(args))
        room, key = find_room(service.namespaces[connection.namespace], wanted.room)
        if wanted.room not in connection.rooms and len(connection.rooms) >= MAX_ROOMS:
            raise TooManyRequests(f"A connection may be in {MAX_ROOMS} rooms.")
        if service.connections.room_count(connection.subject) >= MAX_ROOMS_PER_PERSON:
            raise TooManyRequests(f"A person may be in {MAX_ROOMS_PER_PERSON} rooms.")
        room.permit(*key)
        presented = None
        if room.present_as is not None:
            person = room.present_as(service.authority.current_identity())
            presented = from_json(write(writer_of(room.presented_model), person))
        connection.rooms.add(wanted.room)
        sockets.enter_room(connection.sid, wanted.room, namespace=connection.namespace)
        if presented is None:
            return
        place = Place(connection.namespace, wanted.room)
        service.presence.enter(place, connection.subject, connection.sid, presented)
        if service.connections.get(connection.sid) is None:  # it has closed in between
            service.presence.leave(place, connection.subject, connection.sid)

    def _leave(self, sockets: Sockets, connection: Connection, args: tuple[Any, ...]) -> None:
        wanted: RoomIn = read(ROOM, take_payload(args))
        service = self._service
        if wanted.room in connection.rooms:
            self._leave_room(service, sockets, connection, wanted.room)

    def _leave_room(
        self, service: Realtime, sockets: Sockets, connection: Connection, room: str
    ) -> None:
        connection.rooms.discard(room)
        sockets.leave_room(connection.sid, room, namespace=connection.namespace)
        place = Place(connection.namespace, room)
        service.presence.leave(place, connection.subject, connection.sid)


_HTTP: dict[int | None, type[Problem]] = {
    kind.status: kind
    for kind in (BadRequest, Unauthenticated, Forbidden, NotFound, Conflict, TooManyRequests)
}
"""The problems that `abort(404)` and the like mean, so that handlers can share code with views."""


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
