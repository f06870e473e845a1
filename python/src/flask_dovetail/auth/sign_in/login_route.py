"""`POST /auth/login`, with the credentials and the refusals of one app."""

from __future__ import annotations

from types import FunctionType
from typing import TYPE_CHECKING, Any

from ...contract.operations import operation
from ...contract.problem import Problem
from ...core import own_routes
from ...core.errors import ConfigurationError
from ...core.identity import Credentials
from .routes import LOGIN_PROBLEMS, TAGS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from flask import Flask


def check(credentials: Any, problems: Sequence[Any]) -> None:
    """Check what the app adds to the route.

    Raises:
        ConfigurationError: the model is no kind of `Credentials`, or a problem is no `Problem`.
    """
    if not (isinstance(credentials, type) and issubclass(credentials, Credentials)):
        raise ConfigurationError(
            f"{credentials!r} is no kind of Credentials, and has no email to count attempts by.",
            key="Dovetail(credentials=...)",
            cure="Write `class MyCredentials(Credentials)` and add your fields.",
        )
    for problem in problems:
        if not (isinstance(problem, type) and issubclass(problem, Problem)):
            raise ConfigurationError(
                f"{problem!r} is no Problem.",
                key="Dovetail(login_problems=...)",
                cure="List subclasses of Problem, as in @operation(problems=[...]).",
            )


def add(
    app: Flask,
    view: Callable[..., Any],
    *,
    credentials: type[Credentials],
    problems: Sequence[type[Problem]],
    mark: Callable[[Any], Any],
) -> None:
    """Serve the route by a copy of `view` whose body is of the kind `credentials`.

    Args:
        mark: says how the request is checked, such as `csrf_required`.
    """
    assert isinstance(view, FunctionType)
    copy = FunctionType(view.__code__, view.__globals__, view.__name__)
    copy.__dict__.update(view.__dict__)
    copy.__annotations__ = {**view.__annotations__, "body": credentials}
    copy.__doc__, copy.__module__ = view.__doc__, view.__module__
    copy.__qualname__ = view.__qualname__
    declared = operation(
        operation_id="dovetail_auth_login", problems=[*LOGIN_PROBLEMS, *problems], tags=TAGS
    )
    view = mark(declared(copy))
    own_routes.add(app, "/auth/login", "dovetail_auth_login", view, methods=["POST"])
