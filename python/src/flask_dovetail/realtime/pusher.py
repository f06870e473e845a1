"""Stored events on their way: read from the database and sent, in order, each once.

One thread for each process. Being told that somebody has news is only a hint to look; what is sent
is what the database has after the last one that was sent.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, NamedTuple

from .. import outages
from .models import shown
from .rules import NOTIFY, WIRE, room_of_subject

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from flask import Flask

    from .connections import Connection, Connections
    from .declared import Event
    from .notifications import Kept, Notifications
    from .server import Sockets

MAX_WAITING = 64
"""So many packets may wait for a client before stored events are held back: those can wait in the
database.
"""

_AT_ONCE = 100
_PAUSE_SECONDS = 0.5


class Outlets(NamedTuple):
    """What stored events are read from, and sent by."""

    app: Flask
    sockets: Sockets
    connections: Connections
    notifications: Notifications
    events: Mapping[str, type[Event]]


class Pusher:
    """Who has news, until it has been sent."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._news: set[str] = set()
        self._marked: set[str] = set()
        self._late: set[str] = set()
        self._called = threading.Event()

    def wake(self, subjects: Iterable[str]) -> None:
        """These people have news, as far as somebody knows."""
        with self._turn:
            self._news.update(subjects)
        self._called.set()

    def wake_marked(self, subjects: Iterable[str]) -> None:
        """These people have marked something read."""
        with self._turn:
            self._marked.update(subjects)
        self._called.set()

    def wake_late(self) -> None:
        """Look again after those whose clients were too slow."""
        with self._turn:
            late, self._late = self._late, set()
        if late:
            self.wake(late)

    def run(self, outlets: Outlets) -> None:
        """Send, for ever."""
        while True:
            self._called.wait()
            self._called.clear()
            with self._turn:
                news, self._news = self._news, set()
                marked, self._marked = self._marked, set()
            failed = _failing(outlets, news, self._send)
            failed_marks = _failing(outlets, marked, self._send_unread)
            if failed or failed_marks:
                threading.Event().wait(_PAUSE_SECONDS)
                self.wake(failed)
                self.wake_marked(failed_marks)

    def _send(self, outlets: Outlets, subject: str) -> None:
        ready: list[tuple[Connection, int]] = []
        for connection in outlets.connections.of(NOTIFY, subject):
            if connection.sent is None:
                continue
            if outlets.sockets.waiting(connection.eio_sid) < MAX_WAITING:
                ready.append((connection, connection.sent))
            else:
                self._is_late(subject)
        if not ready:
            return
        least = min(sent for _, sent in ready)
        found = outlets.notifications.after(subject, least, limit=_AT_ONCE)
        for connection, _ in ready:
            if not self._send_to(outlets, connection, found):
                self._is_late(subject)
        if len(found) == _AT_ONCE and any(connection.sent != sent for connection, sent in ready):
            self.wake([subject])

    def _send_to(self, outlets: Outlets, connection: Connection, found: list[Kept]) -> bool:
        """False: the client is slow, and gets the rest later."""
        for kept in found:
            assert connection.sent is not None
            if kept.seq <= connection.sent:
                continue
            if outlets.sockets.waiting(connection.eio_sid) >= MAX_WAITING:
                return False
            if kept.seq > connection.sent + 1:  # some were trimmed before they could be sent
                standing = outlets.notifications.standing(connection.subject)
                self._emit(outlets, WIRE["reset_event"], standing._asdict(), to=connection.sid)
                connection.sent = standing.seq
                return True
            data = shown(kept, outlets.events)
            if data is not None:
                self._emit(outlets, kept.event, data, to=connection.sid)
            connection.sent = kept.seq
        return True

    def _send_unread(self, outlets: Outlets, subject: str) -> None:
        if outlets.connections.of(NOTIFY, subject):
            standing = outlets.notifications.standing(subject)
            self._emit(
                outlets, WIRE["unread_event"], standing._asdict(), to=room_of_subject(subject)
            )

    def _emit(self, outlets: Outlets, name: str, data: Any, *, to: str) -> None:
        outlets.sockets.emit(name, data, to=to, namespace=NOTIFY)

    def _is_late(self, subject: str) -> None:
        """Its client is behind; whoever drains the backlog wakes it."""
        with self._turn:
            self._late.add(subject)


def _failing(
    outlets: Outlets, subjects: Iterable[str], work: Callable[[Outlets, str], None]
) -> list[str]:
    """Do it for each. For whom it could not be done: the database is away, and nothing is lost."""
    failed = []
    for subject in subjects:
        try:
            with outlets.app.app_context():
                work(outlets, subject)
        except Exception as error:
            outages.current(outlets.app).caught(error, during="pushing notifications")
            failed.append(subject)
    return failed
