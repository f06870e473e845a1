"""What a feature adds to the parts that all features share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from click import Command


@dataclass(frozen=True)
class Mounted:
    """The additions of one feature of one app.

    Attributes:
        commands: of `flask dovetail`.
        checks: of readiness, by the name of the store; each raises if the store is away.
        page_origins: other origins that a page fetches from and shows content of.
    """

    commands: tuple[Command, ...] = ()
    checks: Mapping[str, Callable[[], None]] = field(default_factory=dict)
    page_origins: tuple[str, ...] = ()
