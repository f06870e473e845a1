"""What a guard demands, left on the view so that the contract can say it.

The guard that enforces it writes it, so the document cannot drift from what is applied.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .problem import Problem

ATTRIBUTE = "__dovetail_security__"


@dataclass(frozen=True)
class Security:
    """The demand of one guard.

    Attributes:
        scopes: all of them are needed.
        roles: one of them is needed.
        problems: what the guard may refuse with.
    """

    scopes: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    problems: tuple[type[Problem], ...] = ()


def security_of(view: Any) -> Security | None:
    """The demand that guards `view`, or None where anybody may call it."""
    found: Security | None = getattr(view, ATTRIBUTE, None)
    return found
