"""The connections of one process: a person in a namespace, over one socket."""

from __future__ import annotations

import threading
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

from ..rules import Bucket

if TYPE_CHECKING:
    from ...core.identity import Credential
    from ..notifications.store import Standing

_SPARE_BUCKETS = 100
"""So many people who are gone are counted before those with nothing to count are forgotten."""


class Start(NamedTuple):
    """The start of a connection to notifications.

    Attributes:
        standing: the counts at the time of admission.
        after: the number of the last notification that the client has.
        reset: whether some that the client lacks are no longer stored.
    """

    standing: Standing
    after: int
    reset: bool


class Connection:
    """A person's connection to a namespace.

    Attributes:
        sid: Socket.IO's id of the connection; "" until it is connected.
        eio_sid: the id of the socket, which other namespaces may share.
        environ: the environ of the handshake.
        credential: the credential, which a token may replace by a newer one.
        asked_at: when the application was last asked about the person, Unix seconds.
        rooms: the rooms that the connection has joined.
        start: the start of notifications; None in other namespaces.
        sent: the number of the last notification that was sent; None until it begins.
    """

    __slots__ = (
        "asked_at",
        "credential",
        "eio_sid",
        "environ",
        "namespace",
        "rooms",
        "sent",
        "sid",
        "start",
    )

    def __init__(
        self, eio_sid: str, namespace: str, environ: dict[str, Any], credential: Credential
    ) -> None:
        self.sid: str = ""
        self.eio_sid: str = eio_sid
        self.namespace: str = namespace
        self.environ: dict[str, Any] = environ
        self.credential: Credential = credential
        self.asked_at: float = 0.0
        self.rooms: set[str] = set()
        self.start: Start | None = None
        self.sent: int | None = None

    @property
    def subject(self) -> str:
        """The subject of the person."""
        return self.credential.login.subject


class Connections:
    """The connections of one process, indexed by id, person and socket."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_sid: dict[str, Connection] = {}
        self._by_person: dict[tuple[str, str], dict[str, Connection]] = {}
        self._by_socket: dict[str, list[Connection]] = {}
        self._sockets: dict[str, Counter[str]] = {}
        """By subject: the sockets of a person, each with the number of its namespaces."""
        self._buckets: dict[str, Bucket] = {}

    def admit(self, connection: Connection, *, most: int) -> bool:
        """Take a place in a namespace, on one of the `most` sockets that a person may have.

        Returns:
            False: it would be one socket too many.
        """
        with self._lock:
            subject, eio_sid = connection.subject, connection.eio_sid
            sockets = self._sockets.get(subject, Counter())
            if eio_sid not in sockets and len(sockets) >= most:
                return False
            sockets[eio_sid] += 1
            self._sockets[subject] = sockets
            place = (connection.namespace, subject)
            self._by_person.setdefault(place, {})[eio_sid] = connection
            return True

    def add(self, connection: Connection) -> None:
        """Add a connection under its `sid`."""
        with self._lock:
            self._by_sid[connection.sid] = connection
            self._by_socket.setdefault(connection.eio_sid, []).append(connection)

    def remove(self, sid: str) -> Connection | None:
        """Remove a connection, and return it if it was there."""
        with self._lock:
            connection = self._by_sid.pop(sid, None)
            if connection is None:
                return None
            place = (connection.namespace, connection.subject)
            mine = self._by_person[place]
            del mine[connection.eio_sid]
            if not mine:
                del self._by_person[place]
            sockets = self._sockets[connection.subject]
            sockets[connection.eio_sid] -= 1
            if not sockets[connection.eio_sid]:
                del sockets[connection.eio_sid]
            if not sockets:
                del self._sockets[connection.subject]
            beside = self._by_socket[connection.eio_sid]
            beside.remove(connection)
            if not beside:
                del self._by_socket[connection.eio_sid]
            return connection

    def may_send(self, subject: str, *, rate: int, now: float) -> bool:
        """Count an event, or a joined namespace, of a person over all their sockets.

        The count outlives the last socket: otherwise whoever reconnects would have a new one.

        Args:
            rate: the events a second in the long run; twice as many at once.
            now: seconds of the monotonic clock.

        Returns:
            False: it is one event too many.
        """
        with self._lock:
            bucket = self._buckets.get(subject)
            if bucket is None:
                if len(self._buckets) > 2 * len(self._sockets) + _SPARE_BUCKETS:
                    self._buckets = {
                        name: kept for name, kept in self._buckets.items() if not kept.is_full(now)
                    }
                bucket = self._buckets[subject] = Bucket(rate=rate, burst=2 * rate, now=now)
            return bucket.take(now)

    def charge(self, subject: str, events: float) -> None:
        """Count further events of a person who is connected; see `may_send`."""
        with self._lock:
            bucket = self._buckets.get(subject)
            if bucket is not None:
                bucket.charge(events)

    def room_count(self, subject: str) -> int:
        """Return the number of rooms of all connections of a person."""
        with self._lock:
            return sum(
                len(connection.rooms)
                for eio_sid in self._sockets.get(subject, ())
                for connection in self._by_socket.get(eio_sid, ())
                if connection.subject == subject
            )

    def get(self, sid: str) -> Connection | None:
        """Return the connection of that id, if there is one."""
        return self._by_sid.get(sid)

    def of_person(self, namespace: str, subject: str) -> list[Connection]:
        """Return the connections of a person to a namespace."""
        with self._lock:
            return list(self._by_person.get((namespace, subject), {}).values())

    def of_socket(self, eio_sid: str) -> list[Connection]:
        """Return the connections that share one socket."""
        with self._lock:
            return list(self._by_socket.get(eio_sid, ()))

    def all(self) -> list[Connection]:
        """Return all connections."""
        with self._lock:
            return list(self._by_sid.values())

    def subjects(self, namespace: str) -> list[str]:
        """Return the subjects that are connected to a namespace."""
        with self._lock:
            return [subject for path, subject in self._by_person if path == namespace]
