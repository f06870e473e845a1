"""Take a login back if the request that began it is answered by an error.

A view may refuse after it has begun a login, and whatever runs after the view may fail. The person
then has to be as they were told: not signed in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from flask import after_this_request, got_request_exception, has_request_context, request

from ...core import outages, state
from ..authority import Auth
from ..log import log
from ..request import cookies
from ..request.caller import set_anonymous

if TYPE_CHECKING:
    from flask import Flask, Response

    from ...core.identity import Login
    from ...topology import CookieAttributes

_BEGUN = "dovetail.auth.begun"
_ENDED = "dovetail.auth.begun_and_ended"
_ERROR = 400


class Begun(NamedTuple):
    """A login that this request has begun, and the cookie that would carry it."""

    auth: Auth
    login: Login
    cookie: CookieAttributes


def init_app(app: Flask) -> None:
    """Judge the answer after every other hook, and failures before there is an answer."""
    app.after_request_funcs.setdefault(None, []).insert(0, _settle)  # the first of these runs last

    def on_failure(_: Any, **_details: Any) -> None:
        begun = _begun() if has_request_context() else None
        if begun is not None:
            _end(begun)

    got_request_exception.connect(on_failure, app, weak=False)


def if_refused(auth: Auth, login: Login, cookie: CookieAttributes) -> None:
    """End `login`, which this request has begun, and drop its `cookie`, if the answer is an error.

    Call this after `cookies.give`. For any other answer, the store is not asked again.
    """
    request.environ[_BEGUN] = Begun(auth, login, cookie)
    after_this_request(_settle)  # also before the hooks, one of which may fail


def _settle(response: Response) -> Response:
    begun = _begun()
    if begun is not None and response.status_code >= _ERROR:
        cookies.drop(response, begun.cookie)
        _end(begun)
    return response


def _begun() -> Begun | None:
    """Return the login that this request has begun in this app, not in one that handed it on."""
    begun: Begun | None = request.environ.get(_BEGUN)
    return begun if begun is not None and begun.auth is state.get(Auth) else None


def _end(begun: Begun) -> None:
    auth, login, _ = begun
    if request.environ.get(_ENDED) == login.id:
        return
    request.environ[_ENDED] = login.id
    set_anonymous()
    try:
        auth.logins.end(login.subject, login.id)
    except Exception as error:  # its secret is known to nobody: the row can only be listed
        outages.current().caught(error, during="taking a login back")
    log.info("login ended", extra={"subject": login.subject, "reason": "its request was refused"})
