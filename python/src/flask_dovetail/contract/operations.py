"""`@operation`: one decorator that makes a plain view part of the contract.

    @posts.post("")
    @signed_in(scope="posts:write")
    @operation(returns={201: Post}, problems=[TooManyPosts])
    def create_post(body: PostIn) -> Post: ...

Every decision is made at import; a call only reads, validates and writes.
"""

from __future__ import annotations

import inspect
import logging
import sys
from dataclasses import replace
from functools import wraps
from types import FunctionType
from typing import TYPE_CHECKING, Any, ParamSpec, overload

from flask import current_app, request

from ..core import state, wire
from ..core.errors import DeclarationError
from .answers import ResponseContractError, writer
from .declaration import ATTRIBUTE, Operation, View, declare
from .examples import check_examples, mock_answer
from .implied_problems import by_guard, by_input
from .inputs import Read, Refused, body_reader, header_reader, path_reader, query_reader
from .operation_routes import guards_of
from .problem import Problem
from .problems import ValidationFailed
from .query_arguments import QueryArguments
from .runtime import ContractState
from .validation_errors import MAX_LISTED
from .wrappers import mark_call

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from flask import Flask

P = ParamSpec("P")
_BELOW = "__dovetail_below_operation__"
log: logging.Logger = logging.getLogger("flask_dovetail")


@overload
def operation(view: Callable[P, Any], /) -> Callable[P, Any]: ...


@overload
def operation(
    *,
    returns: Any = ...,
    problems: Sequence[type[Problem]] = (),
    summary: str | None = None,
    description: str | None = None,
    tags: Sequence[str] = (),
    examples: Mapping[str | int, Any] | None = None,
    deprecated: bool = False,
    operation_id: str | None = None,
    mock: bool = False,
) -> Callable[[Callable[P, Any]], Callable[P, Any]]: ...


def operation(
    view: Callable[P, Any] | None = None,
    /,
    *,
    returns: Any = ...,
    problems: Sequence[type[Problem]] = (),
    summary: str | None = None,
    description: str | None = None,
    tags: Sequence[str] = (),
    examples: Mapping[str | int, Any] | None = None,
    deprecated: bool = False,
    operation_id: str | None = None,
    mock: bool = False,
) -> Any:
    """Validate a view's input, check and write its answer, and put it into the document.

    Write `@operation` or `@operation(…)`.

    Args:
        view: the view, where the decorator has no arguments.
        returns: a model (200), or `{status: model}`; None is an empty body; `Response` is whatever
            the view makes. Default: the return annotation, 204 where that is None.
        problems: what the view may refuse with; problems of inputs and guards are added.
        summary: one line. Default: the docstring's first line.
        description: Markdown. Default: the rest of the docstring.
        tags: groups in the document. Default: the blueprint's name.
        examples: `{"body": value, 201: value}`, checked against the models at import.
        deprecated: marks the operation as deprecated in the document.
        operation_id: default: the endpoint, dots as underscores.
        mock: validate, then answer with the example instead of calling the view.

    Raises:
        DeclarationError: at import, where the declaration contradicts itself.
    """
    if view is not None and not callable(view):
        raise DeclarationError(
            f"@operation({view!r}): it takes keyword arguments.\n"
            "  cure: write @operation(returns=…)."
        )
    local_names = sys._getframe(1).f_locals  # annotations may name local names of a factory

    def decorate(view: Callable[P, Any]) -> Callable[P, Any]:
        declared = declare(
            view,
            returns=returns,
            problems=problems,
            summary=summary,
            description=description,
            tags=tags,
            examples=examples,
            deprecated=deprecated,
            operation_id=operation_id,
            mock=mock,
            local_names=local_names,
        )
        declared = replace(declared, examples=check_examples(declared))
        call = _compile(declared)
        setattr(call, ATTRIBUTE, declared)
        mark_call(call)
        if isinstance(view, FunctionType):
            setattr(view, _BELOW, view)  # itself, since functools.wraps copies attributes
        return call

    return decorate if view is None else decorate(view)


def _compile(declared: Operation) -> View:
    view = _mock(declared) if declared.mock else _synchronous(declared.view)
    write = writer(declared)
    read_path = path_reader(declared.path) if declared.path else None
    plan = _plan(declared)
    arguments = QueryArguments(declared)
    expected = len(declared.path) + declared.bound
    codes = frozenset(problem.code for problem in (*declared.problems, *by_input(declared)))

    @wraps(declared.view)
    def call(*args: Any, **values: Any) -> Any:
        app = current_app._get_current_object()  # type: ignore[attr-defined]
        contract = state.get(ContractState, app)
        for check in contract.checks:
            check()
        errors: list[dict[str, str]] = []
        if read_path is not None:
            try:
                read_path(values)
            except Refused as exc:
                errors += exc.errors
        if plan:
            sent = request._get_current_object()  # type: ignore[attr-defined]
            for name, read in plan:
                try:
                    values[name] = read(sent)
                except Refused as exc:
                    errors += exc.errors
        if len(args) + len(values) < expected:
            read_arguments = arguments.reader(
                app, request, call, positional=len(args) - declared.bound, values=values
            )
            if read_arguments is not None:
                try:
                    values.update(read_arguments(request))
                except Refused as exc:
                    errors += exc.errors
        if errors:
            raise ValidationFailed(errors=errors[:MAX_LISTED])
        strict = contract.checks_responses(app)
        if not strict:
            return write(app, view(*args, **values), False)
        try:
            returned = view(*args, **values)
        except Problem as problem:
            _check_declared(declared, codes, problem)
            raise
        return write(app, returned, True)

    return call


def _plan(declared: Operation) -> tuple[tuple[str, Read], ...]:
    plan: list[tuple[str, Read]] = []
    if declared.query is not None:
        plan.append(("query", query_reader(declared.query)))
    if declared.headers is not None:
        plan.append(("headers", header_reader(declared.headers)))
    if declared.body is not None:
        plan.append(("body", body_reader(declared.body, declared.body_default)))
    return tuple(plan)


def _mock(declared: Operation) -> View:
    body, status = mock_answer(declared)
    header = {wire.HEADERS["mock"]: "example"}
    return lambda *_, **__: (body, status, header)


def _synchronous(view: View) -> View:
    if not inspect.iscoroutinefunction(view):
        return view

    def run(*args: Any, **values: Any) -> Any:
        return current_app.ensure_sync(view)(*args, **values)

    return run


def _check_declared(declared: Operation, codes: frozenset[str], problem: Problem) -> None:
    if not 400 <= problem.status <= 499 or problem.code in codes:
        return
    # A view may find out later what its guard would have refused: the account is gone by now.
    if problem.code not in {implied.code for implied in by_guard(guards_of(request))}:
        raise ResponseContractError(
            f"{declared.name} raised {problem.code}, which it does not declare.\n"
            f"  cure: add {type(problem).__name__} to {_list_of_problems(declared)}."
        ) from problem


def _list_of_problems(declared: Operation) -> str:
    """Return where the problems of an operation are declared: of the sign-in, not by its view."""
    return (
        "Dovetail(login_problems=...)"
        if declared.name.startswith("flask_dovetail.auth.")
        else "problems="
    )


def warn_of_bare_routes(app: Flask) -> None:
    """Warn of routes that go around the operation of their view.

    `@operation` above `@app.get(...)` makes a function that nobody calls. It is a warning, since a
    view may be served as it is at an old address, and as an operation at a new one.
    """
    for endpoint, view in app.view_functions.items():
        if getattr(view, _BELOW, None) is view:
            log.warning(
                f"The route of {endpoint!r} goes around the operation of its view: nothing is "
                "validated, and the document does not have it.\n"
                "  cure: write @operation below @app.get(...), @blueprint.post(...) and the like."
            )
