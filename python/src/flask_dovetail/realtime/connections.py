"""The connections of one process: a person in a namespace, over one socket."""

from __future__ import annotations

import threading
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

from .rules import Bucket

if TYPE_CHECKING:
    from ..auth.identity import Credential
    from .notifications import Standing


class Start(NamedTuple):
    """Where a connection to notifications begins.

    Attributes:
        standing: how things were when it was let in.
        after: the number of the last one that is not to be sent again.
        reset: whether some that it lacks are kept no longer.
    """

    standing: Standing
    after: int
    reset: bool


class Connection:
    """
    Attributes:
        sid: Socket.IO's id of it; "" until it has been let in.
        eio_sid: the id of the socket, which other namespaces may share.
        environ: of the handshake.
        credential: the credential, which a token may replace by a newer one.
        asked_at: when the application was last asked about the person, Unix seconds.
        rooms: those that it has joined.
        start: for notifications.
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
        self.sid = ""
        self.eio_sid = eio_sid
        self.namespace = namespace
        self.environ = environ
        self.credential = credential
        self.asked_at = 0.0
        self.rooms: set[str] = set()
        self.start: Start | None = None
        self.sent: int | None = None

    @property
    def subject(self) -> str:
        return self.credential.login.subject


class Connections:
    """All of them, by what they are asked for."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._by_sid: dict[str, Connection] = {}
        self._by_person: dict[tuple[str, str], dict[str, Connection]] = {}
        self._by_socket: dict[str, list[Connection]] = {}
        self._sockets: dict[str, Counter[str]] = {}
        """By subject: the sockets of a person, each with the number of its namespaces."""
        self._buckets: dict[str, Bucket] = {}

    def admit(self, connection: Connection, *, most: int) -> bool:
        """Take a place in a namespace, on one of the `most` sockets that a person may have.

        Returns:
            False: it would be one more socket than that.
        """
        with self._turn:
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
        """It has been let in, as `sid`."""
        with self._turn:
            self._by_sid[connection.sid] = connection
            self._by_socket.setdefault(connection.eio_sid, []).append(connection)

    def remove(self, sid: str) -> Connection | None:
        with self._turn:
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
                self._buckets.pop(connection.subject, None)
            beside = self._by_socket[connection.eio_sid]
            beside.remove(connection)
            if not beside:
                del self._by_socket[connection.eio_sid]
            return connection

    def may_send(self, subject: str, *, rate: int, now: float) -> bool:
        """Count an event of a person, over all their sockets.

        Args:
            rate: how many a second there may be in the long run; twice as many at once.
            now: seconds of the monotonic clock.

        Returns:
            False: it is one too many.
        """
        with self._turn:
            bucket = self._buckets.get(subject)
            if bucket is None:
                bucket = Bucket(rate=rate, burst=2 * rate, now=now)
                if subject in self._sockets:  # else the last one has just been closed
                    self._buckets[subject] = bucket
            return bucket.take(now)

    def get(self, sid: str) -> Connection | None:
        return self._by_sid.get(sid)

    def of(self, namespace: str, subject: str) -> list[Connection]:
        with self._turn:
            return list(self._by_person.get((namespace, subject), {}).values())

    def of_socket(self, eio_sid: str) -> list[Connection]:
        """Those that share one socket."""
        with self._turn:
            return list(self._by_socket.get(eio_sid, ()))

    def all(self) -> list[Connection]:
        with self._turn:
            return list(self._by_sid.values())

    def subjects(self, namespace: str) -> list[str]:
        """Who is connected there."""
        with self._turn:
            return [subject for path, subject in self._by_person if path == namespace]
