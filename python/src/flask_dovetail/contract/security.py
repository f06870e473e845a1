"""The demand of a guard, stored on the view so that the contract can document it.

The guard that enforces it writes it, so the document cannot differ from what is applied.
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
        problems: the problems that the guard may raise.
        max_age: how many seconds ago the sign-in may be (RFC 9470); None: any time.
    """

    scopes: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    problems: tuple[type[Problem], ...] = ()
    max_age: int | None = None


SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing (RFC 9110 section 9.2.1) and so need no CSRF token."""

CSRF_ATTRIBUTE = "__dovetail_csrf__"
"""On a view, a class, a method or a blueprint: how its unsafe requests are checked."""

EXEMPT = "exempt"
"""The mark of what the Origin and CSRF checks leave alone."""


def security_of(view: Any) -> Security | None:
    """Return the demand that guards `view`, or None where anybody may call it."""
    demand: Security | None = getattr(view, ATTRIBUTE, None)
    return demand
