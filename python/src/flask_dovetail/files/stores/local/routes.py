"""`PUT /files/upload/<key>/<number>`: one part, straight from the socket to the disk.

The address itself is the permission: no cookie, bearer, CSRF token or Origin counts.
"""

from __future__ import annotations

import math
import re
import threading
from collections import Counter
from typing import TYPE_CHECKING, Any

from flask import Response, request

from ....contract.problems import (
    InvalidUploadUrl,
    NotFound,
    PartSizeMismatch,
    ServiceUnavailable,
    SessionExpired,
    StorageFull,
)
from ....core.own_routes import OwnBlueprint
from ...config import MAX_PART_BYTES
from ..store import Missing, NoSpace
from . import disk
from .store import CutOff

if TYPE_CHECKING:
    from collections.abc import Callable

    from _typeshed.wsgi import WSGIEnvironment

    from ....core.identity import Authority
    from .part_urls import Part
    from .store import LocalStore

SLOW_SECONDS = 60  # after the address has expired
DRAIN_SECONDS = 10


def blueprint(
    store: Callable[[], LocalStore],
    authority: Authority,
    *,
    uploads_at_once: int,
    clock: Callable[[], float],
) -> OwnBlueprint:
    """Return the route that parts are sent to.

    Args:
        store: called for each part, not before.
        uploads_at_once: parts that this process receives at the same time.
        clock: Unix seconds.
    """
    routes = OwnBlueprint("dovetail_files_local", __name__)
    slots = _Slots(uploads_at_once)

    @routes.put("/files/upload/<key>/<number>")
    @authority.csrf_exempt
    def put_part(key: str, number: str) -> Response:
        body = Body(request.environ, clock)
        try:
            part = store().permitted(key, number, request.args)
            if part is None:
                raise InvalidUploadUrl("Ask the upload for fresh addresses.")
            if body.announced != str(part.size):
                raise PartSizeMismatch(f"Content-Length has to be {part.size}.")
            if not authority.login_lives(part.subject, part.login_id):
                raise SessionExpired
            if not slots.take(part.subject):
                body.leave()
                raise ServiceUnavailable("Too many uploads at once.", retry_after=1)
            try:
                _receive(store(), part, body)
            finally:
                slots.give_back(part.subject)
        finally:
            body.drain()
        return Response(status=204, headers={"Cache-Control": "no-store"})

    return routes


class _Slots:
    """The parts that one process receives at the same time, shared among people.

    One person has a quarter of them, and more while more than a quarter is free: a part that comes
    slowly holds its slot for minutes.
    """

    def __init__(self, count: int) -> None:
        self._lock = threading.Lock()
        self._free = count
        self._share = max(3, count // 4)
        self._taken: Counter[str] = Counter()

    def take(self, subject: str) -> bool:
        """Take a slot for a part of `subject`, and return whether there was one."""
        with self._lock:
            is_beyond = self._taken[subject] >= self._share
            if self._free <= (self._share if is_beyond else 0):
                return False
            self._free -= 1
            self._taken[subject] += 1
            return True

    def give_back(self, subject: str) -> None:
        with self._lock:
            self._free += 1
            self._taken[subject] -= 1
            if not self._taken[subject]:
                del self._taken[subject]


def _receive(store: LocalStore, part: Part, body: Body) -> None:
    try:
        body.until = part.expires_at + SLOW_SECONDS
        store.receive(part, body.read_into)
    except CutOff:
        raise PartSizeMismatch("The connection ended, or was too slow.") from None
    except Missing:
        raise NotFound from None
    except NoSpace:
        raise StorageFull from None


class Body:
    """The body of a request, read from the server's stream and within a time limit.

    Attributes:
        announced: its Content-Length as it was sent; "" for a body without one.
        until: Unix seconds after which nothing more is read.
    """

    def __init__(self, environ: WSGIEnvironment, clock: Callable[[], float]) -> None:
        endless = "HTTP_TRANSFER_ENCODING" in environ
        self.announced: str = environ.get("CONTENT_LENGTH") or ("" if endless else "0")
        self.until: float = math.inf
        length = re.fullmatch(r"[0-9]{1,15}", self.announced)
        self._left = int(self.announced) if length else 0
        self._stream = environ["wsgi.input"]
        self._clock = clock

    def read_into(self, buffer: memoryview) -> int:
        """Read the next bytes into `buffer`.

        Returns 0 at the end, and if the connection broke.
        """
        buffer = buffer[: self._left]
        try:
            count = 0 if self._clock() >= self.until else read_into(self._stream, buffer)
        except OSError:  # broken, or silent for too long
            count = 0
        self._left = self._left - count if count else 0
        return count

    def leave(self) -> None:
        """Stop reading, even if the client cannot hear the refusal: it would hold a thread."""
        self._left = 0

    def drain(self) -> None:
        """Read the rest of the body, within limits, so that the client hears a refusal.

        A server that closes a connection on which bytes still arrive resets it, and the browser
        reports a network error in place of the answer.
        """
        if 0 < self._left <= MAX_PART_BYTES:
            self.until = self._clock() + DRAIN_SECONDS
            buffer = memoryview(bytearray(min(self._left, disk.CHUNK_BYTES)))
            while self.read_into(buffer):
                pass


def read_into(stream: Any, buffer: memoryview) -> int:
    """Call `stream.readinto`, which spares copies, or `read` if the stream has only that."""
    if hasattr(stream, "readinto"):
        return int(stream.readinto(buffer))
    data = stream.read(len(buffer))
    buffer[: len(data)] = data
    return len(data)
