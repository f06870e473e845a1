"""Do the upkeep around every request: begin due work, and let no teardown replace an answer.

Flask runs teardown functions when the answer has been made. One that fails, such as a session's
`rollback()` on a connection that has just been lost, would skip the others and replace an answer of
201 by a 500.
"""

from __future__ import annotations

import logging
import threading
from functools import wraps
from time import monotonic
from typing import TYPE_CHECKING, Any

from ..core.outages import current
from ..core.worker import BEGAN_AT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment
    from flask import Flask

log: logging.Logger = logging.getLogger("flask_dovetail.teardown")


def init_app(
    app: Flask,
    due: Sequence[Callable[[], object]],
    *,
    first: Sequence[Callable[[Flask], object]] = (),
) -> None:
    """Wrap `app`.

    Args:
        due: functions to call before each request; they have to return at once and must not raise.
        first: functions to call once, before the first request, when the app is complete.
    """
    app.wsgi_app = wrap(app, app.wsgi_app, due, first)  # type: ignore[assignment, method-assign]


def wrap(
    app: Flask,
    inner: WSGIApplication,
    due: Sequence[Callable[[], object]],
    first: Sequence[Callable[[Flask], object]] = (),
) -> WSGIApplication:
    """Wrap a WSGI app: note the time, call `due`, and guard teardown functions."""
    lock = threading.Lock()
    is_guarded = False

    def serve(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        nonlocal is_guarded
        environ[BEGAN_AT] = monotonic()
        if not is_guarded:
            with lock:
                if not is_guarded:
                    for settle in first:
                        settle(app)
                    guard_teardown(app)
                    is_guarded = True
        for begin in due:
            begin()
        return inner(environ, start_response)

    return serve


def guard_teardown(app: Flask) -> None:
    """Keep a failing teardown function of `app` from skipping the others or replacing an answer.

    An outage is recorded as such. Any other exception is a bug of the function: it is raised in
    debug and testing, and logged with its traceback in production.
    """
    lists = [app.teardown_appcontext_funcs, *app.teardown_request_funcs.values()]
    for functions in lists:
        functions[:] = [_guarded(app, function) for function in functions]


def _guarded(app: Flask, function: Callable[..., Any]) -> Callable[..., None]:
    run = app.ensure_sync(function)

    @wraps(function)
    def guarded(exc: BaseException | None) -> None:
        try:
            run(exc)
        except Exception as error:
            if current(app).report(error, during="teardown"):
                return
            if app.testing or app.debug:
                raise
            log.exception("teardown failed", extra={"function": function.__qualname__})

    return guarded
