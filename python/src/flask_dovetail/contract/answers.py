"""Turn a view's return value into a response.

A view returns a model, (model, status) or (model, status, headers). A bare model takes the status
of the first declared answer that it is an instance of; a `Response` is passed through. Strict mode
checks every answer against its declaration; in production its JSON is written straight to bytes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask, Response
from pydantic_core import PydanticSerializationError, ValidationError, to_json
from typing_extensions import is_typeddict
from werkzeug.wrappers import Response as AnyResponse

from ..core.errors import DovetailError
from .declaration import Answer, Operation

Write = Callable[[Flask, Any, bool], AnyResponse]


class ResponseContractError(DovetailError):
    """A view's answer contradicts its operation. Raised in debug and testing only."""


def writer(operation: Operation) -> Write:
    """Make the function that writes the responses of one operation."""
    by_status = {answer.status: answer for answer in operation.answers}
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
            if strict and returned.status_code not in by_status and returned.status_code != 304:
                raise _contradiction(operation, f"answered {returned.status_code} by a Response.")
            return returned
        if status is not None:
            answer = by_status.get(status)
        else:
            answer = only_answer or _first_match(operation, returned)
        if answer is None or answer.by_view:
            answer = _substitute(operation, returned, status, strict)
        return _response(app, operation, answer, returned, headers, strict)

    return write


def _response(
    app: Flask, operation: Operation, answer: Answer, returned: Any, headers: Any, strict: bool
) -> Response:
    if answer.adapter is None:
        if strict and returned is not None:
            raise _contradiction(
                operation, f"answered {answer.status}, declared empty, with a body."
            )
        response = app.response_class(status=answer.status)
        response.headers.pop("Content-Type", None)
    else:
        data = _dump(operation, answer, returned, strict)
        response = app.response_class(data, answer.status, content_type="application/json")
    if headers:
        response.headers.update(headers)
    return response


def _dump(operation: Operation, answer: Answer, returned: Any, strict: bool) -> bytes:
    assert answer.adapter is not None
    if not strict:
        if type(returned) is answer.kind or _is(answer.kind, returned):
            return answer.adapter.serializer.to_json(returned, warnings="none")
        return to_json(returned)  # another model's serializer would leave its fields out
    if not _is(answer.kind, returned):
        raise _contradiction(
            operation,
            f"answered {answer.status} with a {type(returned).__name__}, "
            f"declared as {answer.kind.__name__}.",
        )
    if type(returned) is _generic(answer.kind):  # a bare Page(...) where Page[Post] is declared
        returned = answer.kind.model_construct(returned.model_fields_set, **dict(returned))
    try:
        data: bytes = answer.adapter.serializer.to_json(returned, warnings="error")
        answer.checker.validate_python(returned, by_alias=True, by_name=True)
    except (PydanticSerializationError, ValidationError) as exc:
        raise _contradiction(
            operation, f"answered {answer.status} with what its model does not allow: {exc}"
        ) from exc
    return data


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
    """Return whether `returned` can be a `kind`; for a type that is no class, return True."""
    if kind is None:
        return returned is None
    if not isinstance(kind, type) or is_typeddict(kind):
        return True
    return isinstance(returned, kind) or type(returned) is _generic(kind)


def _generic(kind: Any) -> Any:
    """Return `Page` for `Page[Post]`, else None."""
    return getattr(kind, "__pydantic_generic_metadata__", {}).get("origin")


def _substitute(operation: Operation, returned: Any, status: int | None, strict: bool) -> Answer:
    """Raise in strict mode; in production, return the first declared way to write that body."""
    if not strict:
        for answer in operation.answers:
            if answer.adapter is not None:
                return Answer(status or answer.status, answer.kind, answer.adapter)
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
