"""The problems that follow from what an operation takes and who guards it, so nobody lists them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .pages import PageQuery
from .problems import (
    AmbiguousCookie,
    CsrfFailed,
    InvalidCursor,
    MalformedJson,
    NotFound,
    OriginNotAllowed,
    PayloadTooLarge,
    UnsupportedMediaType,
    ValidationFailed,
)
from .security import SAFE_METHODS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .declaration import Operation
    from .problem import Problem
    from .security import Security


def by_input(operation: Operation) -> list[type[Problem]]:
    """What reading the inputs may refuse with."""
    found: list[type[Problem]] = []
    if operation.path or operation.query or operation.headers or operation.body:
        found.append(ValidationFailed)
    if operation.path:
        found.append(NotFound)  # the URL converter refuses what is not of its form
    if operation.body:
        found += [MalformedJson, PayloadTooLarge, UnsupportedMediaType]
    if operation.query and issubclass(operation.query.kind, PageQuery):
        found.append(InvalidCursor)
    return found


def by_guard(guards: Iterable[Security]) -> list[type[Problem]]:
    """What the guards may refuse with."""
    return [problem for guard in guards for problem in guard.problems]


def by_method(method: str) -> list[type[Problem]]:
    """What the Origin and CSRF checks may refuse with, which stand before every unsafe method."""
    return [] if method in SAFE_METHODS else [AmbiguousCookie, CsrfFailed, OriginNotAllowed]
