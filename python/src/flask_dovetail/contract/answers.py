"""Turn a view's return value into a response.

A view returns a model, (model, status) or (model, status, headers). A bare model takes the status
of the first declared answer that it is an instance of; a `Response` is passed through. Strict mode
checks every answer against its declaration. In production its JSON is written straight to bytes,
and only the declared fields of another type's value are. Nothing looks into a `Response`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from flask import Flask, Response
from typing_extensions import is_typeddict
from werkzeug.wrappers import Response as AnyResponse

from ..core.errors import DovetailError
from .writers import UnwritableError, Writer, generic_of, has_fields

if TYPE_CHECKING:
    from .declaration import Answer, Operation

Write = Callable[[Flask, Any, bool], AnyResponse]
_EMPTY = (None, "", b"")


class ResponseContractError(DovetailError):
    """A view's answer contradicts its operation.

    In production it is raised, and answered by a 500, only where the answer lacks a declared field
    or has a number that JSON cannot express.
    """


def writer(operation: Operation) -> Write:
    """Make the function that writes the responses of one operation."""
    by_status = {answer.status: answer for answer in operation.answers}
    passed = {304, *by_status}
    if any(answer.by_view for answer in operation.answers):
        passed |= {206}  # of `send_file`, to a `Range`
    only_answer = operation.answers[0] if len(operation.answers) == 1 else None

    def write(app: Flask, returned: Any, strict: bool) -> AnyResponse:
        headers = None
        status = None
        if type(returned) is tuple:
            returned, status, headers = _unpack(operation, returned)
        if isinstance(returned, AnyResponse):
            if status is not None:
                returned.status_code = status
            returned.headers.update(headers or {})
            if strict and returned.status_code not in passed:
                raise _contradiction(operation, f"answered {returned.status_code} by a Response.")
            return returned
        if status is not None:
            answer = by_status.get(status)
        else:
            answer = only_answer or _first_match(operation, returned)
        if answer is None or answer.by_view:
            answer = _substitute(operation, returned, status, strict)
        return _response(app, operation, answer, status or answer.status, returned, headers, strict)

    return write


def _response(
    app: Flask,
    operation: Operation,
    answer: Answer,
    status: int,
    returned: Any,
    headers: Any,
    strict: bool,
) -> Response:
    if answer.writer is None:
        if strict and returned not in _EMPTY:
            raise _contradiction(operation, f"answered {status}, declared empty, with a body.")
        response = app.response_class(status=status)
        response.headers.pop("Content-Type", None)
    else:
        try:
            data = _dump(operation, answer, answer.writer, returned, strict)
        except UnwritableError as exc:
            raise _contradiction(
                operation, f"answered {status} with what its model does not allow: {exc}"
            ) from exc
        response = app.response_class(data, status, content_type="application/json")
    if headers:
        response.headers.update(headers)
    return response


def _dump(
    operation: Operation, answer: Answer, writer: Writer, returned: Any, strict: bool
) -> bytes:
    kind = answer.kind
    if not strict:
        return writer.write(returned)
    if has_fields(kind) and not _is(kind, returned):
        raise _contradiction(
            operation,
            f"answered {answer.status} with a {type(returned).__name__}, "
            f"declared as {kind.__name__}.",
        )
    if type(returned) is generic_of(kind):  # a bare Page(...) where Page[Post] is declared
        returned = kind.model_construct(returned.model_fields_set, **dict(returned))
    return writer.write_checked(returned)


def _unpack(operation: Operation, returned: tuple[Any, ...]) -> tuple[Any, int | None, Any]:
    if len(returned) == 3:
        return returned
    if len(returned) == 2:
        body, second = returned
        return (body, second, None) if isinstance(second, int) else (body, None, second)
    raise _contradiction(
        operation, f"returned a tuple of {len(returned)}; use (body, status, headers)."
    )


def _first_match(operation: Operation, returned: Any) -> Answer | None:
    for answer in operation.answers:
        if _is(answer.kind, returned):
            return answer
    return None


def _is(kind: Any, returned: Any) -> bool:
    """Return whether `returned` can be a `kind`; for a type that cannot say so, return True."""
    if kind is None:
        return returned is None
    if type(returned) is generic_of(kind):
        return True
    if kind is float:
        return isinstance(returned, (float, int))
    if not isinstance(kind, type) or is_typeddict(kind):
        return True
    try:
        return isinstance(returned, kind)
    except TypeError:  # Any, and protocols
        return True


def _substitute(operation: Operation, returned: Any, status: int | None, strict: bool) -> Answer:
    """Raise in strict mode; in production, return the first declared way to write that body."""
    if not strict:
        for answer in operation.answers:
            if answer.writer is not None:
                return answer
    raise _contradiction(
        operation,
        f"answered {status or 'without a status'} with a {type(returned).__name__}.",
    )


def _contradiction(operation: Operation, fact: str) -> ResponseContractError:
    declared = ", ".join(
        f"{a.status}: {getattr(a.kind, '__name__', a.kind)}" for a in operation.answers
    )
    return ResponseContractError(
        f"{operation.name} {fact}\n  declared: {{{declared}}}\n"
        "  cure: correct the view, or its returns=."
    )
