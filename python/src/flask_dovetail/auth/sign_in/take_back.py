"""Take a login back if the request that began it is answered by an error.

A view may refuse after it has begun a login, and whatever runs after the view may fail. The person
then has to be as they were told: not signed in.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import after_this_request, got_request_exception, has_request_context, request

from ...core import outages, state
from ..authority import Auth
from ..log import log
from ..request import cookies
from ..request.caller import set_anonymous

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask, Response

    from ...core.identity import Login
    from ...topology import CookieAttributes

_BEGUN = "dovetail.auth.begun"
_ERROR = 400


@dataclass(slots=True)
class Begun:
    """A login that this request has begun, and the cookie that would carry it.

    Attributes:
        has_ended: whether the request has failed already, although a handler of the app's may
            answer it.
    """

    auth: Auth
    login: Login
    cookie: CookieAttributes
    has_ended: bool = False


def init_app(app: Flask) -> None:
    """Judge the answer after every other hook, and failures before there is an answer."""
    process_response: Callable[..., Any] = app.process_response

    def settle_last(*args: Any) -> Any:
        """Run Flask's own step, whose arguments are those of its version, and judge its answer."""
        response = process_response(*args)
        return _settle(response) if _BEGUN in request.environ else response

    # Not among the hooks: each of those costs every answer more than this does.
    app.process_response = settle_last  # type: ignore[assignment, method-assign]

    def on_failure(_: Any, **_details: Any) -> None:
        begun = _begun() if has_request_context() else None
        if begun is not None:
            _refuse(begun)

    got_request_exception.connect(on_failure, app, weak=False)


def if_refused(auth: Auth, login: Login, cookie: CookieAttributes) -> None:
    """End `login`, which this request has begun, and drop its `cookie`, if the answer is an error.

    Call this after `cookies.give`. For any other answer, the store is not asked again, unless this
    request has begun a login before: the browser gets the cookie of the last one only.
    """
    former = _begun()
    if former is not None and former.login.id != login.id:
        _end(former, reason="its request has begun another")
    request.environ[_BEGUN] = Begun(auth, login, cookie)
    after_this_request(_settle)  # also before the hooks, one of which may fail


def _settle(response: Response) -> Response:
    begun = _begun()
    if begun is not None and (response.status_code >= _ERROR or begun.has_ended):
        cookies.drop(response, begun.cookie)
        _refuse(begun)
    return response


def _begun() -> Begun | None:
    """Return the login that this request has begun in this app, not in one that handed it on."""
    begun: Begun | None = request.environ.get(_BEGUN)
    return begun if begun is not None and begun.auth is state.get(Auth) else None


def _refuse(begun: Begun) -> None:
    if not begun.has_ended:
        begun.has_ended = True
        set_anonymous()
        _end(begun, reason="its request was refused")


def _end(begun: Begun, *, reason: str) -> None:
    login = begun.login
    try:
        begun.auth.logins.end(login.subject, login.id)
    except Exception as error:  # its secret is known to nobody: the row can only be listed
        outages.current().caught(error, during="taking a login back")
    log.info("login ended", extra={"subject": login.subject, "reason": reason})
