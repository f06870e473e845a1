"""Tell whether an exception means that a store is out of reach: answered by 503, not by 500.

The drivers are not imported for this: an exception of a driver can exist only where it is imported.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import TracebackType

_CACHES = ("valkey", "redis")
_FOLDER = "flask_dovetail.files.stores.local"

# https://www.postgresql.org/docs/current/errcodes-appendix.html
_SQLSTATE_CLASSES = (
    "08",  # connection exception
    "53",  # insufficient resources: too many connections, disk full, out of memory
    "57P",  # operator intervention: shutdown, crash, cannot connect now
    "58",  # system error: I/O
    "57014",  # query canceled: by statement_timeout
    "55P03",  # lock not available: by lock_timeout
)

# https://www.sqlite.org/rescode.html, primary codes
_SQLITE_CODES = frozenset(
    (
        5,  # BUSY: another connection holds the lock for longer than the timeout
        6,  # LOCKED
        8,  # READONLY: the disk was remounted, or the file replaced
        10,  # IOERR
        13,  # FULL
        14,  # CANTOPEN
        15,  # PROTOCOL: locking protocol
    )
)

# Amazon S3's InternalError, and the statuses with which it or a proxy says that it is too busy
_STORE_STATUSES = (500, 502, 503, 504)


def is_outage(error: BaseException) -> bool:
    """Return whether `error` means that a store is out of reach.

    True for refused, lost and timed-out connections, exhausted pools, locked or full databases, a
    store of objects that fails on its side, and a folder of files that cannot be used. Statements
    that took longer than their limit count, too.

    False for a fault of the request or the code: a missing table, a broken constraint, a deadlock.
    """
    return store_of(error) is not None


def store_of(error: BaseException) -> str | None:
    """Return the store that `error` shows to be out of reach, or None.

    The stores are "database", "valkey" and "files".
    """
    if _of_sqlalchemy(error):
        return "database"
    if any(_of_cache(error, library) for library in _CACHES):
        return "valkey"
    if _of_object_store(error):
        return "files"
    if isinstance(error, OSError) and _raised_inside(error.__traceback__, _FOLDER):
        return "files"
    return None


def _of_sqlalchemy(error: BaseException) -> bool:
    exc: Any = sys.modules.get("sqlalchemy.exc")
    if exc is None:
        return False
    if isinstance(error, (exc.TimeoutError, exc.DisconnectionError)):
        return True
    if not isinstance(error, exc.DBAPIError):
        return False
    if error.connection_invalidated:
        return True
    return isinstance(error, exc.OperationalError) and _of_driver(error.orig)


def _of_driver(error: Any) -> bool:
    code = getattr(error, "sqlite_errorcode", None)
    if code is not None:
        return code & 0xFF in _SQLITE_CODES
    missing = object()
    state = getattr(error, "sqlstate", getattr(error, "pgcode", missing))
    if state is None:
        return True  # PostgreSQL never answered: refused, no such host, timed out
    return isinstance(state, str) and state.startswith(_SQLSTATE_CLASSES)


def _of_cache(error: BaseException, library: str) -> bool:
    exceptions: Any = sys.modules.get(f"{library}.exceptions")
    if exceptions is None:
        return False
    unusable = (
        exceptions.ConnectionError,  # BusyLoadingError and AuthenticationError too
        exceptions.TimeoutError,
        exceptions.ReadOnlyError,
        exceptions.OutOfMemoryError,
    )
    if isinstance(error, unusable):
        return True
    return isinstance(error, OSError) and _raised_inside(error.__traceback__, library)


def _of_object_store(error: BaseException) -> bool:
    exceptions: Any = sys.modules.get("botocore.exceptions")
    if exceptions is None:
        return False
    if isinstance(error, exceptions.ClientError):
        status = error.response["ResponseMetadata"].get("HTTPStatusCode")
        return status in _STORE_STATUSES
    unusable = (
        exceptions.ConnectionError,  # refused, no such host, timed out; TLS and proxies too
        exceptions.HTTPClientError,  # lost while sending, or no answer in time
        exceptions.IncompleteReadError,  # lost while answering
    )
    return isinstance(error, unusable)


def _raised_inside(traceback: TracebackType | None, library: str) -> bool:
    """Return whether `library` raised it: an OSError of its own socket, not of another one."""
    prefix = f"{library}."
    while traceback is not None:
        if str(traceback.tb_frame.f_globals.get("__name__", "")).startswith(prefix):
            return True
        traceback = traceback.tb_next
    return False
