"""The problems that follow from an operation's inputs and guards, so that no view lists them."""

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


def by_input(operation: Operation, *, in_path: bool = True) -> list[type[Problem]]:
    """Return the problems that reading the inputs may raise.

    Args:
        in_path: whether the path has a variable.
    """
    problems: list[type[Problem]] = []
    if operation.path or operation.query or operation.headers or operation.body:
        problems.append(ValidationFailed)
    if operation.path and in_path:
        problems.append(NotFound)  # the URL converter refuses a value that is not of its form
    if operation.body:
        problems += [MalformedJson, PayloadTooLarge, UnsupportedMediaType]
    if operation.query and issubclass(operation.query.kind, PageQuery):
        problems.append(InvalidCursor)
    return problems


def by_guard(guards: Iterable[Security]) -> list[type[Problem]]:
    """Return the problems that the guards may raise."""
    return [problem for guard in guards for problem in guard.problems]


def by_method(method: str) -> list[type[Problem]]:
    """Return the problems that the Origin and CSRF checks may raise before every unsafe method."""
    return [] if method in SAFE_METHODS else [AmbiguousCookie, CsrfFailed, OriginNotAllowed]
