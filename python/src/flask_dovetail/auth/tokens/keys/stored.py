"""Signing keys in SQL: made by the first worker that needs one, shared by all, sealed at rest.

A worker caches the ring in memory. It reads the table again after a minute, and sooner before it
signs or when a token names an unknown key. While the database is away it goes on with its cache.
"""

from __future__ import annotations

import logging
import math
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import delete, insert, select
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from ....core.errors import DovetailError
from ....core.times import utc
from ....storage.sql import refuse_self_wait, require
from ...logins.rules import CLOCK_SKEW_SECONDS
from ...logins.tables import signing_keys
from .pairs import Sealer, generate
from .ring import Algorithm, Key, KeyDescription, Rotation

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from sqlalchemy import Engine

log: logging.Logger = logging.getLogger("flask_dovetail.auth")

REREAD_SECONDS = 60
RETRY_SECONDS = 5
"""How long a process does not ask the database again, whatever tokens clients send."""
PUBLISHED_BEFORE_SECONDS = 600
"""How long a key is published before it signs: clients cache the JWKS 300 s, workers 60 s."""

_WAIT_SECONDS = 1.0
_ATTEMPTS = 8


class _Row(NamedTuple):
    number: int
    kid: str
    algorithm: Algorithm
    sealed: str
    created_at: int
    signs_from: int


@dataclass(frozen=True, eq=False)
class _Ring:
    """The content of the table: the keys that could be opened, by id, the oldest first.

    Attributes:
        by_fallback: the ids of the keys that only SECRET_KEY_FALLBACKS opened.
    """

    rows: tuple[_Row, ...]
    keys: dict[str, Key]
    by_fallback: frozenset[str]

    def signer(self, algorithm: Algorithm, now: int) -> Key | None:
        """Return the newest key whose time has come, preferably of that algorithm.

        When no key is due yet, return the first that will be: the clock that made it is ahead of
        ours.
        """
        live = [key for key in self.keys.values() if now < key.until]
        due = [key for key in live if key.signs_from <= now]
        wanted = [key for key in due if key.algorithm == algorithm]
        newest = (wanted or due)[-1:] or live[:1]
        return newest[0] if newest else None

    def has(self, algorithm: Algorithm, now: int) -> bool:
        """Return whether a key of that algorithm signs or will sign."""
        return any(k.algorithm == algorithm and now < k.until for k in self.keys.values())

    def state(self, row: _Row, signer: Key | None, now: int) -> str:
        """Describe the state of a key for an administrator."""
        key = self.keys.get(row.kid)
        if key is None:
            return "cannot be opened: sealed under another SECRET_KEY"
        if key is signer:
            state = "signs"
        elif now >= key.until:
            state = "retired, the next rotation removes it"
        elif key.signs_from > now:
            state = f"signs from {_moment(key.signs_from)}"
        elif key.until == math.inf:
            state = "verifies"
        else:
            state = f"verifies until {_moment(key.until)}"
        return f"{state}; sealed under a fallback" if row.kid in self.by_fallback else state


class StoredKeys:
    """The `KeyRing` of EdDSA and ES256.

    Args:
        engine: gives the engine; asked whenever the table is read or written.
        algorithm: of the keys that are made. Keys of another algorithm verify until they retire.
        secret_keys: `SECRET_KEY`, then `SECRET_KEY_FALLBACKS`.
        access_seconds: how long a token lives, and so a key after it has signed its last one.
    """

    def __init__(
        self,
        engine: Callable[[], Engine],
        *,
        algorithm: Algorithm,
        secret_keys: Sequence[str | bytes],
        access_seconds: int,
    ) -> None:
        self._engine = engine
        self._algorithm = algorithm
        self._sealer = Sealer(secret_keys)
        self._outlives_seconds = access_seconds + 2 * CLOCK_SKEW_SECONDS
        self._reading = threading.Lock()
        self._ring: _Ring | None = None
        self._read_at = 0
        self._asked_at = 0
        self._away = False
        self._reported: set[str] = set()

    def signing_key(self, now: int) -> Key:
        """See `KeyRing.signing`."""
        ring = self._current(now, RETRY_SECONDS)
        for _ in range(_ATTEMPTS):
            key = ring.signer(self._algorithm, now)
            if key is not None and ring.has(self._algorithm, now):
                return key
            # A key of the former algorithm goes on until every worker and client knows the new one.
            self._add(ring, now if key is None else now + PUBLISHED_BEFORE_SECONDS, now)
            ring = self._read(now)
        raise _contention()

    def verifying_key(self, kid: str, now: int) -> Key | None:
        """See `KeyRing.verifying`."""
        key = self._current(now, REREAD_SECONDS).keys.get(kid)
        if key is None:
            key = self._reread(now, wait=_WAIT_SECONDS).keys.get(kid)
        return key if key is not None and now < key.until else None

    def public_keys(self, now: int) -> list[dict[str, str]]:
        """See `KeyRing.published`."""
        self.signing_key(now)  # an empty list would be cached, and some clients refuse it
        keys = self._current(now, RETRY_SECONDS).keys.values()
        return [key.jwk for key in keys if key.jwk is not None and now < key.until]

    def version(self, now: int) -> object:
        """See `KeyRing.version`."""
        return self._current(now, REREAD_SECONDS)

    def describe(self, now: int) -> list[KeyDescription]:
        """See `KeyRing.described`."""
        ring = self._read(now)
        signer = ring.signer(self._algorithm, now)
        return [
            KeyDescription(row.kid, row.algorithm, ring.state(row, signer, now))
            for row in ring.rows
        ]

    def rotate(self, now: int, *, at_once: bool = False) -> Rotation:
        """See `KeyRing.rotate`."""
        for _ in range(_ATTEMPTS):
            ring = self._read(now)
            gone = [
                row for row in ring.rows if at_once or now >= self._until(row, ring.rows, ring.keys)
            ]
            waits = not at_once and ring.signer(self._algorithm, now) is not None
            kid = self._add(ring, now + PUBLISHED_BEFORE_SECONDS if waits else now, now, drop=gone)
            key = self._read(now).keys.get(kid) if kid is not None else None
            if key is not None:
                removed = tuple(row.kid for row in gone)
                return Rotation(key, removed)
        raise _contention()

    def _until(self, row: _Row, rows: Collection[_Row], usable: Collection[str]) -> float:
        """Return when the last token that the key of `row` may have signed has expired."""
        later = [r.signs_from for r in rows if r.number > row.number and r.kid in usable]
        return min(later, default=math.inf) + self._outlives_seconds

    def _current(self, now: int, max_age: int) -> _Ring:
        ring = self._ring
        # abs(): a clock that was set back must not keep an old ring for long.
        if ring is not None and abs(now - self._read_at) < max_age:
            return ring
        return self._reread(now, wait=0)

    def _reread(self, now: int, *, wait: float) -> _Ring:
        """Read the ring again unless that was tried just now.

        Args:
            wait: seconds to wait for another thread that is reading; after that, the cached ring is
                used.
        """
        ring = self._ring
        if not self._reading.acquire(timeout=-1 if ring is None else wait):
            assert ring is not None
            return ring
        try:
            ring = self._ring
            if ring is None:
                return self._load(now)
            if abs(now - self._asked_at) < RETRY_SECONDS:
                return ring
            try:
                return self._load(now)
            except SQLAlchemyError:
                if not self._away:
                    self._away = True
                    log.warning("signing keys cannot be read: those in memory go on", exc_info=True)
                return ring
        finally:
            self._reading.release()

    def _read(self, now: int) -> _Ring:
        with self._reading:
            return self._load(now)

    def _load(self, now: int) -> _Ring:
        """Read the table. Hold the lock: an older answer must not replace a newer one."""
        self._asked_at = now
        with self._engine().connect() as connection:
            if self._ring is None:
                require(signing_keys, connection)
            result = connection.execute(select(signing_keys).order_by(signing_keys.c.number))
            rows = tuple(_Row._make(row) for row in result)
        if self._away:
            self._away = False
            log.info("signing keys can be read again")
        ring = self._ring
        if ring is None or ring.rows != rows:
            ring = self._ring = self._open(rows)
        self._read_at = now
        return ring

    def _open(self, rows: tuple[_Row, ...]) -> _Ring:
        opened = {row: self._sealer.open(row.kid, row.algorithm, row.sealed) for row in rows}
        usable = {row.kid for row, key_pair in opened.items() if key_pair is not None}
        keys = {}
        by_fallback = set()
        for row, key_pair in opened.items():
            if key_pair is None:
                self._report(row)
                continue
            pair, fallback = key_pair
            if fallback:
                by_fallback.add(row.kid)
            keys[row.kid] = Key(
                row.kid,
                row.algorithm,
                pair.private,
                pair.public,
                jwk=pair.jwk,
                signs_from=row.signs_from,
                until=self._until(row, rows, usable),
            )
        return _Ring(rows, keys, frozenset(by_fallback))

    def _report(self, row: _Row) -> None:
        if row.kid not in self._reported:
            self._reported.add(row.kid)
            log.warning(
                "A signing key cannot be opened: it was sealed under a SECRET_KEY that is neither "
                "the present one nor in SECRET_KEY_FALLBACKS. Tokens that it signed are refused, "
                "and replaced at the next refresh.",
                extra={"kid": row.kid},
            )

    def _add(
        self, ring: _Ring, signs_from: int, now: int, drop: Collection[_Row] = ()
    ) -> str | None:
        """Make a key and remove others, in one step; None if another process has made one first."""
        pair = generate(self._algorithm)
        added = {
            "number": max((row.number for row in ring.rows), default=0) + 1,
            "kid": pair.kid,
            "algorithm": pair.algorithm,
            "sealed": self._sealer.seal(pair),
            "created_at": now,
            "signs_from": signs_from,
        }
        engine = self._engine()
        refuse_self_wait(engine)
        try:
            with engine.begin() as connection:
                connection.execute(insert(signing_keys).values(added))
                connection.execute(
                    delete(signing_keys).where(
                        signing_keys.c.number.in_([row.number for row in drop])
                    )
                )
        except IntegrityError:
            return None
        log.info("signing key made", extra={"kid": pair.kid, "algorithm": pair.algorithm})
        return pair.kid


def _moment(seconds: float) -> str:
    return utc(seconds).isoformat()


def _contention() -> DovetailError:
    return DovetailError(f"Too many processes change {signing_keys.name} at once: try again.")
