"""Twice a second: what may no longer be open is closed, and what was not sent is found.

The store of logins is asked about all of them at once, so that nothing that ends a login, on
whatever machine, has to tell anybody.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from ..contract.errors import (
    InternalError,
    ServiceUnavailable,
    SessionExpired,
    TokenExpired,
)
from ..contract.problem import Problem
from .presence import REFRESH_SECONDS
from .rules import NOTIFY
from .service import Realtime, log
from .sweep import sweep

if TYPE_CHECKING:
    from collections.abc import Callable

    from .calls import Calls
    from .connections import Connection

EVERY_SECONDS = 0.5

NEWS_SECONDS = 10.0
"""Where a bus tells of news, the database is asked for what the bus has lost only so often."""

IDENTITY_SECONDS = 60
"""So often, at least, the application is asked whether a connected person is still welcome."""

SWEEP_SECONDS = 3600

BLIND_SECONDS = 30
"""So long sockets stay open while the store of logins does not answer."""


class Watch:
    """
    Args:
        calls: asks about one person.
        is_stopping: whether the process is about to end.
    """

    def __init__(self, calls: Calls, is_stopping: Callable[[], bool]) -> None:
        self._calls = calls
        self._is_stopping = is_stopping
        self._seen_at = time.monotonic()
        self._news_at = 0.0
        self._presence_at = 0.0
        self._swept_at = time.monotonic()

    def run(self, service: Realtime) -> None:
        """Look, for ever."""
        pause = threading.Event()
        while not self._is_stopping():
            for look in (self._beat, self._logins, self._news, self._presence, self._old):
                try:
                    with service.app.app_context():
                        look(service)
                except Exception as error:  # a store is away: the next look may be luckier
                    log.warning("sockets could not be looked after: %s", type(error).__name__)
            pause.wait(EVERY_SECONDS)
        self._end_all(service)

    def _beat(self, service: Realtime) -> None:
        assert service.sockets is not None
        service.sockets.beat()

    def _logins(self, service: Realtime) -> None:
        connections = service.connections.all()
        if not connections:
            self._seen_at = time.monotonic()
            return
        try:
            live = service.authority.live_logins({c.held.login for c in connections})
        except Exception:
            if time.monotonic() > self._seen_at + BLIND_SECONDS:
                self._end_all(service)
            raise
        self._seen_at = time.monotonic()
        now = service.clock()
        ended: list[tuple[Connection, Problem]] = []
        for connection in connections:
            if connection.held.login.id not in live:
                ended.append((connection, SessionExpired()))
            elif service.authority.is_over(connection.held):
                ended.append((connection, TokenExpired()))
            elif now >= connection.asked_at + IDENTITY_SECONDS:
                self._ask(service, connection)
        service.end(ended)

    def _ask(self, service: Realtime, connection: Connection) -> None:
        try:
            self._calls.ask(connection)
        except (InternalError, ServiceUnavailable):
            return  # asked again at the next look
        except SessionExpired as problem:
            service.end([(connection, problem)])
        except Problem as problem:
            service.expel(connection, problem)

    def _news(self, service: Realtime) -> None:
        """Whoever has more than was sent: by a process that cannot tell us, or a lost message."""
        now = time.monotonic()
        if service.bus is not None and now < self._news_at + NEWS_SECONDS:
            return
        self._news_at = now
        newest = service.notifications.newest(service.connections.subjects(NOTIFY))
        service.pusher.wake(
            subject
            for subject, seq in newest.items()
            if any(
                connection.sent is not None and connection.sent < seq
                for connection in service.connections.of(NOTIFY, subject)
            )
        )

    def _presence(self, service: Realtime) -> None:
        now = time.monotonic()
        if now < self._presence_at + REFRESH_SECONDS:
            return
        self._presence_at = now
        for place in service.presence.refresh():
            service.tell_presence_here(place)

    def _old(self, service: Realtime) -> None:
        now = time.monotonic()
        if now >= self._swept_at + SWEEP_SECONDS:
            self._swept_at = now
            sweep(service)

    def _end_all(self, service: Realtime) -> None:
        problem = ServiceUnavailable(retry_after=1)
        service.end((connection, problem) for connection in service.connections.all())
