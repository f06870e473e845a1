"""Answer refusals and failures, Flask's own included, as problem+json (RFC 9457).

Dovetail's own views (`ownership`) always do, but for pages: views with a guard and no operation.
There and elsewhere the application's handlers stay its own, and whoever prefers HTML gets HTML. An
error handler of the application for an exception class of its own, or of a blueprint, wins
everywhere; one for a status does not for Dovetail's own views.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from flask import after_this_request, request
from pydantic_core import PydanticSerializationError, to_json
from werkzeug.exceptions import HTTPException, default_exceptions

from ..core import wire
from .ownership import is_claimed, is_own_error, is_page
from .problem import Problem, type_uri
from .problems import ServiceUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from flask import Flask, Request, Response

    from .runtime import ContractState

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = 5
_CODES = wire.load("errors")["codes"]
_CODE_OF_STATUS: dict[int, str] = {}
for _code, _row in _CODES.items():
    _CODE_OF_STATUS.setdefault(_row["status"], _code)


def init_app(app: Flask, contract: ContractState) -> None:
    """Register the handlers, and keep `Problem` away from other extensions' error handling."""
    theirs: dict[type[Exception], Callable[[Any], Any]] = {}
    is_settled = False

    def is_own() -> bool:
        """Return whether an error of this request is problem+json whatever handlers there are."""
        if not is_own_error(app, request):
            return False
        if contract.settings.problems == "all" or not _prefers_html(request):
            return True
        return not is_page(app, request)

    def is_problem() -> bool:
        """Return whether an error of this request is problem+json where the app has no handler."""
        if is_own() or is_claimed(request):
            return True
        wanted = contract.settings.problems
        return wanted == "all" or (wanted == "accept" and not _prefers_html(request))

    def answer_of_app(exc: Exception, otherwise: Any) -> Any:
        """Return what the handler of the app for all exceptions, or all HTTP ones, makes of it."""
        for kind in type(exc).__mro__:
            if kind in theirs:
                return app.ensure_sync(theirs[kind])(exc)
        return otherwise(exc)

    def on_problem(problem: Problem) -> Any:
        if is_problem():
            return problem_response(app, problem.body(contract.request_id()), problem.headers)
        exc = _as_http_exception(problem)
        _keep_headers(problem.headers)
        handler = app._find_error_handler(exc, request.blueprints)
        return exc if handler is None else app.ensure_sync(handler)(exc)

    def on_http_exception(exc: HTTPException) -> Any:
        if exc.code is None or exc.code < 400 or exc.response is not None or _answers_itself(exc):
            return answer_of_app(exc, lambda it: it)
        if is_own():
            return http_problem(exc)
        return answer_of_app(exc, http_problem if is_problem() else lambda it: it)

    def http_problem(exc: HTTPException) -> Response:
        headers = [(k, v) for k, v in exc.get_headers() if k.lower() != "content-type"]
        return problem_response(app, body_of(exc, contract.request_id()), headers)

    def on_exception(exc: Exception) -> Any:
        if is_own():
            return on_failure(exc)
        return answer_of_app(exc, on_failure)

    def on_failure(exc: Exception) -> Any:
        if not contract.outages.report(exc):
            raise exc  # Flask logs it, propagates it in debug and testing, and answers 500
        return on_problem(ServiceUnavailable(retry_after=RETRY_AFTER_SECONDS))

    ours: dict[type[Exception], Callable[[Any], Any]] = {
        HTTPException: on_http_exception,
        Exception: on_exception,
    }

    find_handler: Callable[..., Any] = app._find_error_handler

    def find_handler_of_app(exc: Exception, blueprints: list[str]) -> Any:
        """Return the handler that Flask finds, unless it is the app's for a status of ours."""
        handler = find_handler(exc, blueprints)
        if not isinstance(exc, HTTPException) or exc.code is None or exc.code < 400:
            return handler
        kind = default_exceptions.get(exc.code)
        if kind is None or exc.response is not None or _answers_itself(exc):
            return handler
        places = app.error_handler_spec
        of_app = places[None][exc.code]
        nearest = next((each for each in type(exc).__mro__ if each in of_app), None)
        if nearest is not kind or of_app[kind] is not handler or not is_own():
            return handler
        if any(places[each][exc.code].get(kind) is handler for each in blueprints):
            return handler
        return on_http_exception

    def take_places() -> None:
        """Stand before the app's handlers of everything, which are still called for its views."""
        places = app.error_handler_spec[None][None]
        for kind, handler in ours.items():
            registered = places.get(kind)
            if registered is not handler:
                if registered is not None:
                    theirs[kind] = registered
                places[kind] = handler
        places.setdefault(Problem, on_problem)

    def respond(*args: Any) -> Any:
        """Answer a `Problem`, the last of the arguments of `Flask.handle_user_exception`.

        The app's handler for its status may raise another one, which is answered without handlers.
        """
        handle: Callable[..., Any] = type(app).handle_user_exception
        try:
            return handle(app, *args)
        except Problem as another:
            return problem_response(app, another.body(contract.request_id()), another.headers)

    def guard_handlers() -> None:
        """Answer the problems that the app's error handlers and `after_request` functions raise."""
        handle_user_exception: Callable[..., Any] = app.handle_user_exception
        handle_exception: Callable[..., Any] = app.handle_exception

        def on_user_exception(*args: Any) -> Any:
            if isinstance(args[-1], Problem):
                return respond(*args)
            try:
                return handle_user_exception(*args)
            except Problem as problem:
                return respond(*args[:-1], problem)

        def on_exception(*args: Any) -> Any:
            problem = args[-1]
            if not isinstance(problem, Problem):
                try:
                    return handle_exception(*args)
                except Problem as raised:
                    problem = raised
            finalize: Callable[..., Any] = app.finalize_request
            answer = respond(*args[:-1], problem)
            return finalize(*args[:-1], answer, from_error_handler=True)

        app.handle_user_exception = on_user_exception  # type: ignore[assignment, method-assign]
        app.handle_exception = on_exception  # type: ignore[assignment, method-assign]

    def guard(step: Callable[..., Any]) -> Callable[..., Any]:
        """Answer a `Problem` by Flask's own means.

        Extensions such as Flask-RESTX replace `app.handle_user_exception`, and make a 500 of every
        exception that is not Werkzeug's.
        """

        def run(*args: Any) -> Any:
            nonlocal is_settled
            if not is_settled:  # no handler can be registered any more
                take_places()
                guard_handlers()
                is_settled = True
            try:
                return step(*args)
            except Problem as problem:
                return respond(*args, problem)

        return run

    take_places()
    app._find_error_handler = find_handler_of_app  # type: ignore[assignment, method-assign]
    app.preprocess_request = guard(app.preprocess_request)  # type: ignore[method-assign]
    app.dispatch_request = guard(app.dispatch_request)  # type: ignore[method-assign]


def body_of(exc: HTTPException, request_id: str | None) -> dict[str, Any]:
    """Return the problem+json members for one of Werkzeug's exceptions.

    `detail` is there only where the application wrote a description of its own for a 4xx; the text
    of a 5xx may be internal. A description that is a mapping becomes members of the problem.
    """
    status = exc.code or 500
    code = _CODE_OF_STATUS.get(status, f"HTTP_{status}")
    title = _CODES[code]["title"] if code in _CODES else exc.name
    body: dict[str, Any] = {"type": type_uri(code), "title": title, "status": status, "code": code}
    description = _own_description(exc) if status < 500 else None
    members: dict[str, Any] = {}
    if isinstance(description, Mapping):
        members = {str(name): value for name, value in description.items()}
        description = members.pop("detail", None)
    if description is not None:
        body["detail"] = str(description)
    if request_id is not None:
        body["request_id"] = request_id
    if code == "VALIDATION_FAILED":
        body["errors"] = members.get("errors", [])
    return members | body


def problem_response(
    app: Flask,
    body: dict[str, Any],
    headers: Mapping[str, str] | Iterable[tuple[str, str]],
) -> Response:
    """Make a response that no cache stores.

    Texts that are made when they are read (`lazy_gettext`) are read here.
    """
    try:
        text = to_json(body, fallback=str, inf_nan_mode="null")
    except PydanticSerializationError:  # a text that no encoding has: tell the rest
        known = ("type", "title", "status", "code", "request_id")
        text = to_json({name: body[name] for name in known if name in body})
    response = app.response_class(text, body["status"], content_type=MEDIA_TYPE)
    pairs = [*headers.items()] if isinstance(headers, Mapping) else [*headers]
    if "cache-control" not in {name.lower() for name, _ in pairs}:
        response.headers["Cache-Control"] = "no-store"
    for name, value in pairs:
        response.headers.add(name, value)  # there may be two challenges (RFC 9110 section 11.6.1)
    return response


def _own_description(exc: HTTPException) -> Any:
    """Return the description, unless it is the one that Werkzeug gives every such exception."""
    described = exc.description
    if not described:
        return None
    for kind in type(exc).__mro__:
        if kind.__module__ == HTTPException.__module__ and described == kind.__dict__.get(
            "description"
        ):
            return None
    return described


def _answers_itself(exc: HTTPException) -> bool:
    """Return whether the class of `exc`, one of the app's, makes its own response."""
    kind = type(exc)
    return any(
        getattr(kind, name).__module__ != HTTPException.__module__
        for name in ("get_response", "get_body")
    )


def _prefers_html(request: Request) -> bool:
    """Return whether the client shows pages: it would rather have HTML than JSON."""
    if "HTTP_ACCEPT" not in request.environ:
        return False
    accept = request.accept_mimetypes
    return accept["text/html"] > max(accept["application/json"], accept[MEDIA_TYPE])


@cache
def _kind_of_status(status: int) -> type[HTTPException]:
    """Return a class that handlers of that status, or of Werkzeug's class for it, are found by."""
    return type("ProblemAsHtml", (default_exceptions.get(status, HTTPException),), {"code": status})


def _as_http_exception(problem: Problem) -> HTTPException:
    text = problem.title if problem.detail is None else problem.detail
    return _kind_of_status(problem.status)(description=str(text))


def _keep_headers(headers: Mapping[str, str]) -> None:
    """Put the headers of a problem, such as `Retry-After`, onto the page that tells it."""

    @after_this_request
    def add(response: Response) -> Response:
        for name, value in {"Cache-Control": "no-store", **headers}.items():
            response.headers.setdefault(name, value)
        return response
