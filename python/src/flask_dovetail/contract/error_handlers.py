"""Answer every refusal and failure of the app, Flask's own included, as problem+json (RFC 9457).

An error handler of the application that is more specific (a status, an exception class, a
blueprint) wins over these, so an app can adopt them view by view.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic_core import to_json
from werkzeug.exceptions import HTTPException

from ..core import wire
from .problem import Problem, type_uri
from .problems import ServiceUnavailable

if TYPE_CHECKING:
    from flask import Flask, Response

    from .runtime import ContractState

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = 5
_CODES = wire.load("errors")["codes"]
_CODE_OF_STATUS: dict[int, str] = {}
for _code, _row in _CODES.items():
    _CODE_OF_STATUS.setdefault(_row["status"], _code)


def init_app(app: Flask, contract: ContractState) -> None:
    """Register the three handlers."""

    def on_problem(problem: Problem) -> Response:
        return problem_response(app, problem.body(contract.request_id()), problem.headers)

    def on_http_exception(exc: HTTPException) -> Any:
        if exc.code is None or exc.code < 400 or exc.response is not None:
            return exc
        body = body_of(exc, contract.request_id())
        headers = {k: v for k, v in exc.get_headers() if k.lower() != "content-type"}
        return problem_response(app, body, headers)

    def on_exception(exc: Exception) -> Response:
        if not contract.outages.report(exc):
            raise exc  # Flask logs it, propagates it in debug and testing, and answers 500
        return on_problem(ServiceUnavailable(retry_after=RETRY_AFTER_SECONDS))

    app.register_error_handler(Problem, on_problem)
    app.register_error_handler(HTTPException, on_http_exception)
    app.register_error_handler(Exception, on_exception)


def body_of(exc: HTTPException, request_id: str | None) -> dict[str, Any]:
    """Return the problem+json members for one of Werkzeug's exceptions.

    `detail` is there only where the application wrote a description of its own for a 4xx; the text
    of a 5xx may be internal.
    """
    status = exc.code or 500
    code = _CODE_OF_STATUS.get(status, f"HTTP_{status}")
    title = _CODES[code]["title"] if code in _CODES else exc.name
    body: dict[str, Any] = {"type": type_uri(code), "title": title, "status": status, "code": code}
    if status < 500 and exc.description and exc.description != type(exc).description:
        body["detail"] = exc.description
    if request_id is not None:
        body["request_id"] = request_id
    if code == "VALIDATION_FAILED":
        body["errors"] = []
    return body


def problem_response(app: Flask, body: dict[str, Any], headers: dict[str, str]) -> Response:
    """Make a response that no cache stores."""
    response = app.response_class(to_json(body), body["status"], content_type=MEDIA_TYPE)
    response.headers["Cache-Control"] = "no-store"
    response.headers.update(headers)
    return response
