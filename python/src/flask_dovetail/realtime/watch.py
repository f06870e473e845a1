"""Twice a second: what may no longer be open is closed, and what was not sent is found.

The store of logins is asked about all of them at once, so that nothing that ends a login, on
whatever machine, has to tell anybody. Each look has a thread of its own: a store that hangs holds
up nothing but the look that asks it, and the pulse asks none.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from typing import TYPE_CHECKING

from .. import outages, sweeping
from ..contract.errors import (
    InternalError,
    ServiceUnavailable,
    SessionExpired,
    TokenExpired,
)
from ..contract.problem import Problem
from .rules import NOTIFY

if TYPE_CHECKING:
    from collections.abc import Callable

    from .calls import Calls
    from .connections import Connection
    from .service import Realtime

EVERY_SECONDS = 0.5

NEWS_SECONDS = 10.0
"""Where a bus tells of news, the database is asked for what the bus has lost only so often."""

IDENTITY_SECONDS = 60
"""So often, at least, the application is asked whether a connected person is still welcome."""

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

    def looks(self) -> dict[str, Callable[[Realtime], None]]:
        """What looks for ever, by the name of its thread."""
        return {
            "pulse": self._keep_pulse,
            "logins": self._over_and_over(self._logins),
            "people": self._over_and_over(self._people),
            "news": self._over_and_over(self._news),
        }

    def _over_and_over(self, look: Callable[[Realtime], None]) -> Callable[[Realtime], None]:
        def run(service: Realtime) -> None:
            while not self._is_stopping():
                try:
                    look(service)
                except Exception as error:  # a store is away: the next look may be luckier
                    outages.current(service.app).caught(error, during="looking after sockets")
                threading.Event().wait(EVERY_SECONDS)

        return run

    def _keep_pulse(self, service: Realtime) -> None:
        """Ping and cut; close all when the process ends, or nothing is known of any login."""
        assert service.sockets is not None
        while not self._is_stopping():
            try:
                service.sockets.beat()
                service.pusher.wake_late()
                if time.monotonic() > self._seen_at + BLIND_SECONDS:
                    self._end_all(service)
            except Exception as error:  # a fault of ours: the next beat may be better
                outages.current(service.app).caught(error, during="pinging sockets")
            threading.Event().wait(EVERY_SECONDS)
        service.sockets.is_stopping = True
        self._end_all(service)
        service.sockets.close_all()

    def _logins(self, service: Realtime) -> None:
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
        service.end(ended)

    def _people(self, service: Realtime) -> None:
        """Ask the application about whom it has not been asked for a while: once for all tabs."""
        now = service.clock()
        groups: dict[tuple[str, str], list[Connection]] = defaultdict(list)
        for connection in service.connections.all():
            if not 0 <= now - connection.asked_at < IDENTITY_SECONDS:
                groups[connection.namespace, connection.credential.login.id].append(connection)
        for group in groups.values():
            for connection in group:
                connection.asked_at = now
            try:
                self._calls.ask(group)
            except (InternalError, ServiceUnavailable):
                return  # nothing is known; the others are asked at the next look
            except SessionExpired as problem:
                service.end((connection, problem) for connection in group)
            except Problem as problem:
                for connection in group:
                    service.expel(connection, problem)

    def _news(self, service: Realtime) -> None:
        """Whoever has more than was sent: by a process that cannot tell us, or a lost message."""
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
                for connection in service.connections.of(NOTIFY, subject)
            )
        )

    def _end_all(self, service: Realtime) -> None:
        problem = ServiceUnavailable(retry_after=1)
        service.end((connection, problem) for connection in service.connections.all())
