"""Stored events on their way: read from the database and sent, in order, each once.

One thread for each process. Being told that somebody has news is only a hint to look; what is sent
is what the database has after the last one that was sent.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from pydantic_core import from_json

from .models import moment
from .rules import NOTIFY, WIRE
from .server import MAX_WAITING_STORED
from .service import Realtime, log

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .connections import Connection
    from .notifications import Kept

_AT_ONCE = 100
_PAUSE_SECONDS = 0.5


class Pusher:
    """Who has news, until it has been sent."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._news: set[str] = set()
        self._late: set[str] = set()
        self._called = threading.Event()

    def wake(self, subjects: Iterable[str]) -> None:
        """These people have news, as far as somebody knows."""
        with self._turn:
            self._news.update(subjects)
        self._called.set()

    def wake_late(self) -> None:
        """Look again after those whose clients were too slow."""
        with self._turn:
            late, self._late = self._late, set()
        if late:
            self.wake(late)

    def run(self, service: Realtime) -> None:
        """Send, for ever."""
        while True:
            self._called.wait()
            self._called.clear()
            with self._turn:
                news, self._news = self._news, set()
            for subject in news:
                try:
                    with service.app.app_context():
                        self._send(service, subject)
                except Exception as error:  # the database is away: what was not read is not lost
                    log.warning("notifications could not be read: %s", type(error).__name__)
                    threading.Event().wait(_PAUSE_SECONDS)
                    self.wake([subject])

    def _send(self, service: Realtime, subject: str) -> None:
        connections = service.connections.of(NOTIFY, subject)
        begun = [(c, c.sent) for c in connections if c.sent is not None]
        if not begun:
            return
        least = min(sent for _, sent in begun)
        found = service.notifications.after(subject, least, limit=_AT_ONCE)
        for connection, _ in begun:
            if not self._send_to(service, connection, found):
                with self._turn:
                    self._late.add(subject)
        if len(found) == _AT_ONCE:
            self.wake([subject])

    def _send_to(self, service: Realtime, connection: Connection, found: list[Kept]) -> bool:
        """False: the client is slow, and gets the rest later."""
        sockets = service.sockets
        assert sockets is not None
        for kept in found:
            assert connection.sent is not None
            if kept.seq <= connection.sent:
                continue
            if sockets.waiting(connection.eio_sid) >= MAX_WAITING_STORED:
                return False
            if kept.seq > connection.sent + 1:  # some were trimmed before they could be sent
                standing = service.notifications.standing(connection.subject)
                self._emit(service, connection, WIRE["reset_event"], standing._asdict())
                connection.sent = standing.seq
                return True
            if kept.event in service.events:
                self._emit(service, connection, kept.event, shape(kept))
            connection.sent = kept.seq
        return True

    def _emit(self, service: Realtime, connection: Connection, name: str, data: Any) -> None:
        assert service.sockets is not None
        service.sockets.emit(name, data, to=connection.sid, namespace=NOTIFY)


def shape(kept: Kept) -> dict[str, Any]:
    """A notification as clients get it, by socket and over HTTP."""
    return {
        "seq": kept.seq,
        "event": kept.event,
        "data": from_json(kept.data),
        "created_at": moment(kept.created_at),
        "read_at": None if kept.read_at is None else moment(kept.read_at),
    }
