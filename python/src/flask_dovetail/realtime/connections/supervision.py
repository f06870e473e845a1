"""Supervise open sockets twice a second: close those that may not stay open, find unsent events.

The store of logins is asked about all of them at once, so that a login can end on any machine
without a message to anybody. Each round has a thread of its own: a store that hangs holds up only
the round that asks it, and the pulse asks no store.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from typing import TYPE_CHECKING

from ...contract.problem import Problem
from ...contract.problems import InternalError, ServiceUnavailable, SessionExpired, TokenExpired
from ...core import outages, sweeping
from ..realtime import log
from ..rules import NOTIFY, WIRE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ..realtime import Realtime
    from ..sockets.server import Sockets
    from .handlers import SocketHandlers
    from .registry import Connection

    Round = Callable[[Realtime, Sockets], None]

EVERY_SECONDS = 0.5

NEWS_SECONDS = 10.0
"""With a bus that carries news, ask the database only so often for news that the bus lost."""

IDENTITY_SECONDS = 60
"""Ask the application at least so often whether a connected person is still welcome."""

BLIND_SECONDS = 30
"""Sockets stay open for so long while the store of logins does not answer."""


class Supervision:
    """The supervision of the sockets of one process.

    Args:
        handlers: asks the application about one person.
        is_stopping: whether the process is about to end.
    """

    def __init__(self, handlers: SocketHandlers, is_stopping: Callable[[], bool]) -> None:
        self._handlers = handlers
        self._is_stopping = is_stopping
        self._seen_at = time.monotonic()
        self._news_at = 0.0

    def rounds(self) -> dict[str, Round]:
        """Return the endless rounds by the names of their threads."""
        return {
            "pulse": self._keep_pulse,
            "logins": self._repeat(self._end_logins),
            "people": self._repeat(self._ask_people),
            "news": self._repeat(self._find_news),
        }

    def _repeat(self, one_round: Round) -> Round:
        def run(service: Realtime, sockets: Sockets) -> None:
            while not self._is_stopping():
                try:
                    one_round(service, sockets)
                except Exception as error:  # a store is out of reach: the next round may succeed
                    outages.current(service.app).caught(error, during="looking after sockets")
                threading.Event().wait(EVERY_SECONDS)

        return run

    def _keep_pulse(self, service: Realtime, sockets: Sockets) -> None:
        """Ping and cut; close all if the process ends, or the store of logins is silent."""
        while not self._is_stopping():
            try:
                sockets.send_due_pings()
                service.pusher.wake_late()
                if time.monotonic() > self._seen_at + BLIND_SECONDS:
                    self._end_all(service, sockets)
            except Exception as error:  # a bug here: the next beat may be better
                outages.current(service.app).caught(error, during="pinging sockets")
            threading.Event().wait(EVERY_SECONDS)
        sockets.is_stopping = True
        self._end_all(service, sockets)
        sockets.close_all()

    def _end_logins(self, service: Realtime, sockets: Sockets) -> None:
        connections = service.connections.all()
        if not connections:
            self._seen_at = time.monotonic()
            return
        with service.app.app_context():
            live = service.authority.live_logins({c.credential.login for c in connections})
            self._seen_at = time.monotonic()
            ended: list[tuple[Connection, Problem]] = []
            for connection in connections:
                if connection.credential.login.id not in live:
                    ended.append((connection, SessionExpired()))
                elif service.authority.is_expired(connection.credential):
                    ended.append((connection, TokenExpired()))
        _end(sockets, ended)

    def _ask_people(self, service: Realtime, sockets: Sockets) -> None:
        """Ask the application about people not asked about lately, once for all of their tabs."""
        now = service.clock()
        groups: dict[tuple[str, ...], list[Connection]] = defaultdict(list)
        for connection in service.connections.all():
            if not 0 <= now - connection.asked_at < IDENTITY_SECONDS:
                login = connection.credential.login
                # Another credential of the app's own may be over although one of its person is not.
                alone = (connection.eio_sid,) if login.strategy == "other" else ()
                groups[connection.namespace, login.id, *alone].append(connection)
        for group in groups.values():
            for connection in group:
                connection.asked_at = now
            try:
                self._handlers.ask(sockets, group)
            except (InternalError, ServiceUnavailable):
                return  # nothing is known; the next round asks about the others
            except SessionExpired as problem:
                _end(sockets, [(connection, problem) for connection in group])
            except Problem as problem:
                for connection in group:
                    _expel(sockets, connection, problem)

    def _find_news(self, service: Realtime, _: Sockets) -> None:
        """Find people with unsent notifications: a message was lost, or the sender has no bus."""
        sweeping.of(service.app).kick()
        now = time.monotonic()
        if service.bus is not None and now < self._news_at + NEWS_SECONDS:
            return
        self._news_at = now
        with service.app.app_context():
            newest = service.notifications.newest(service.connections.subjects(NOTIFY))
        service.pusher.wake(
            subject
            for subject, seq in newest.items()
            if any(
                connection.sent is not None and connection.sent < seq
                for connection in service.connections.of_person(NOTIFY, subject)
            )
        )

    def _end_all(self, service: Realtime, sockets: Sockets) -> None:
        problem = ServiceUnavailable(retry_after=1)
        _end(sockets, [(connection, problem) for connection in service.connections.all()])


def _end(sockets: Sockets, ended: Iterable[tuple[Connection, Problem]]) -> None:
    """Close the sockets of these connections, after telling each the reason."""
    eio_sids = []
    for connection, problem in ended:
        _send_reason(sockets, connection, problem)
        eio_sids.append(connection.eio_sid)
    for eio_sid in eio_sids:
        sockets.close(eio_sid)


def _expel(sockets: Sockets, connection: Connection, problem: Problem) -> None:
    """Close one namespace after telling the reason; the others on its socket stay."""
    _send_reason(sockets, connection, problem)
    sockets.disconnect(connection.sid, namespace=connection.namespace)


def _send_reason(sockets: Sockets, connection: Connection, problem: Problem) -> None:
    about = {"subject": connection.subject, "namespace": connection.namespace}
    log.info("connection ended", extra={**about, "code": problem.code})
    sockets.emit(
        WIRE["end_event"], problem.body(), to=connection.sid, namespace=connection.namespace
    )
