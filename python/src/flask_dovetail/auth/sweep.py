"""Forget logins that a limit has ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..core.sweeping import BATCH, Swept

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .authority import Auth


def sweep(auth: Auth) -> Iterator[Swept]:
    """Forget logins that a limit has ended, a batch at each step."""
    while forgotten := auth.logins.sweep(now=auth.now(), limit=BATCH):
        yield Swept(forgotten)
