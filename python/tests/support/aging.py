"""Time passes for a store whose clock is real: what it has timed is moved into the past instead."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import update

from flask_dovetail.auth.logins.sql import SqlLogins
from flask_dovetail.auth.logins.store import Rotation, read_rotations, write_rotations
from flask_dovetail.auth.logins.tables import logins as table
from flask_dovetail.auth.tokens.refresh.rules import RefreshToken, handle_hash

Rotations = tuple[Rotation, ...]


def age(logins: Any, token: RefreshToken, seconds: float) -> None:
    """Make the rotations of that family so much older."""
    moved = int(seconds * 1000)
    _rewrite(logins, token, lambda them: tuple(Rotation(at - moved, key) for at, key in them))


def set_ages(logins: Any, token: RefreshToken, seconds: Sequence[float]) -> None:
    """Make the rotations of that family so old, the oldest first."""
    now = time.time()

    def change(them: Rotations) -> Rotations:
        told = seconds[len(seconds) - len(them) :]
        pairs = zip(them, told, strict=True)
        return tuple(Rotation(int((now - old) * 1000), each.key) for each, old in pairs)

    _rewrite(logins, token, change)


def _rewrite(logins: Any, token: RefreshToken, change: Callable[[Rotations], Rotations]) -> None:
    token_hash = handle_hash(token.handle)
    family = logins.find_family(token_hash)
    if family is None:
        return
    rotations = write_rotations(change(family.rotations))
    if isinstance(logins, SqlLogins):
        with logins._bound().begin() as connection:
            connection.execute(
                update(table).where(table.c.token_hash == token_hash).values(rotations=rotations)
            )
        return
    client, key = logins._bound(), f"dovetail:login:{token_hash}"
    fields, _, state = client.get(key).decode().partition("\n")
    refresh_hash, _, before = state.partition(" ")
    assert read_rotations(before) == family.rotations
    client.set(key, f"{fields}\n{refresh_hash}{rotations}", keepttl=True)
