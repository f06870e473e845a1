"""Push stored events: read from the database, and send each once, in order.

Each process has one thread for it. A wake-up is only a hint to look: what is sent is what the
database has after the last event that was sent.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, NamedTuple

from ...core import outages
from ..notifications.models import describe
from ..rules import NOTIFY, WIRE, room_of_subject

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from flask import Flask

    from ..declaration import Event
    from ..notifications.store import Notifications, StoredNotification
    from ..sockets.server import Sockets
    from .registry import Connection, Connections

MAX_WAITING = 64
"""Hold stored events back if so many packets wait for a client: they can wait in the database."""

_AT_ONCE = 100
_PAUSE_SECONDS = 0.5


class Outlets(NamedTuple):
    """The app, its sockets and its stores, as the thread that pushes needs them."""

    app: Flask
    sockets: Sockets
    connections: Connections
    notifications: Notifications
    events: Mapping[str, type[Event]]


class Pusher:
    """The people with news that has not been sent yet."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._news: set[str] = set()
        self._marked: set[str] = set()
        self._late: set[str] = set()
        self._woken = threading.Event()

    def wake(self, subjects: Iterable[str]) -> None:
        """Note that these people may have news."""
        with self._lock:
            self._news.update(subjects)
        self._woken.set()

    def wake_marked(self, subjects: Iterable[str]) -> None:
        """Note that these people have marked notifications read."""
        with self._lock:
            self._marked.update(subjects)
        self._woken.set()

    def wake_late(self) -> None:
        """Look again after people whose clients were too slow."""
        with self._lock:
            late, self._late = self._late, set()
        if late:
            self.wake(late)

    def run(self, outlets: Outlets) -> None:
        """Send news for ever."""
        while True:
            self._woken.wait()
            self._woken.clear()
            with self._lock:
                news, self._news = self._news, set()
                marked, self._marked = self._marked, set()
            failed = _find_failing(outlets, news, self._send)
            failed_marks = _find_failing(outlets, marked, self._send_unread)
            if failed or failed_marks:
                threading.Event().wait(_PAUSE_SECONDS)
                self.wake(failed)
                self.wake_marked(failed_marks)

    def _send(self, outlets: Outlets, subject: str) -> None:
        ready: list[tuple[Connection, int]] = []
        for connection in outlets.connections.of_person(NOTIFY, subject):
            if connection.sent is None:
                continue
            if outlets.sockets.waiting(connection.eio_sid) < MAX_WAITING:
                ready.append((connection, connection.sent))
            else:
                self._note_late(subject)
        if not ready:
            return
        least = min(sent for _, sent in ready)
        rows = outlets.notifications.after(subject, least, limit=_AT_ONCE)
        for connection, _ in ready:
            if not self._send_to(outlets, connection, rows):
                self._note_late(subject)
        if len(rows) == _AT_ONCE and any(connection.sent != sent for connection, sent in ready):
            self.wake([subject])

    def _send_to(
        self, outlets: Outlets, connection: Connection, rows: list[StoredNotification]
    ) -> bool:
        """Send events to a connection; return False if a slow client gets the rest later."""
        for row in rows:
            assert connection.sent is not None
            if row.seq <= connection.sent:
                continue
            if outlets.sockets.waiting(connection.eio_sid) >= MAX_WAITING:
                return False
            if row.seq > connection.sent + 1:  # some were trimmed before they could be sent
                standing = outlets.notifications.standing(connection.subject)
                self._emit(outlets, WIRE["reset_event"], standing._asdict(), to=connection.sid)
                connection.sent = standing.seq
                return True
            data = describe(row, outlets.events)
            if data is not None:
                self._emit(outlets, row.event, data, to=connection.sid)
            connection.sent = row.seq
        return True

    def _send_unread(self, outlets: Outlets, subject: str) -> None:
        if outlets.connections.of_person(NOTIFY, subject):
            standing = outlets.notifications.standing(subject)
            self._emit(
                outlets, WIRE["unread_event"], standing._asdict(), to=room_of_subject(subject)
            )

    def _emit(self, outlets: Outlets, name: str, data: Any, *, to: str) -> None:
        outlets.sockets.emit(name, data, to=to, namespace=NOTIFY)

    def _note_late(self, subject: str) -> None:
        """Note that a person's client is behind; whoever drains the backlog wakes it."""
        with self._lock:
            self._late.add(subject)


def _find_failing(
    outlets: Outlets, subjects: Iterable[str], work: Callable[[Outlets, str], None]
) -> list[str]:
    """Do the work for each person, and return those for whom it failed.

    Then the database is out of reach, and nothing is lost.
    """
    failed = []
    for subject in subjects:
        try:
            with outlets.app.app_context():
                work(outlets, subject)
        except Exception as error:
            outages.current(outlets.app).caught(error, during="pushing notifications")
            failed.append(subject)
    return failed
