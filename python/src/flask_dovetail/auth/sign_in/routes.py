"""The routes of both strategies: the current login, signing out, and the list of one's logins."""

from __future__ import annotations

from uuid import UUID  # noqa: TC003 - read by @operation

from ...contract.operations import operation
from ...contract.problems import (
    AmbiguousCookie,
    CsrfFailed,
    InvalidCredentials,
    NotFound,
    OriginNotAllowed,
    ServiceUnavailable,
    SessionExpired,
    TooManyRequests,
)
from ...core.own_routes import OwnBlueprint
from ..log import log
from ..manage_logins import end_logins, list_logins
from ..request import csrf
from ..request.caller import (
    caller,
    caller_by_refresh_cookie,
    depends_on_login,
    require_caller,
    require_live_login,
)
from ..request.guard import signed_in
from . import models, password

TAGS = ["auth"]
UNSAFE = [CsrfFailed, OriginNotAllowed]
LOGIN_PROBLEMS = [
    InvalidCredentials,
    TooManyRequests,
    ServiceUnavailable,
    AmbiguousCookie,
    *UNSAFE,
]

anonymous: OwnBlueprint = OwnBlueprint("dovetail_csrf", __name__)
blueprint: OwnBlueprint = OwnBlueprint("dovetail_auth", __name__)


@anonymous.get("/api/csrf-token")
@operation(returns=models.CsrfToken, problems=[AmbiguousCookie], tags=TAGS)
def csrf_token() -> models.CsrfToken:
    """The CSRF token of this browser, signed in or not."""
    depends_on_login()
    return models.CsrfToken(csrf=csrf.token())


@blueprint.post("/auth/logout")
@csrf.logs_out
@operation(returns={204: None}, problems=[AmbiguousCookie, *UNSAFE], tags=TAGS)
def logout() -> None:
    """Sign out: ends every login whose cookie or access token is sent. No error without any."""
    password.sign_out()


@blueprint.get("/auth/session")
@operation(returns=models.Session, problems=[AmbiguousCookie], tags=TAGS)
def current_session() -> models.Session:
    """The current login, or null. Never 401, so that a page can start without an error."""
    current = caller()
    if current.is_other and current.auth.issues_tokens:  # a page can get no token for it
        current = caller_by_refresh_cookie()
    if current.login is None and not current.bearer:
        current = caller_by_refresh_cookie()
    if current.login is None or current.identity is None:
        return models.Session(login=None)
    return models.Session(login=models.Login.of(current.login, current.identity))


@blueprint.get("/api/me")
@signed_in
@operation(returns=models.Login, tags=TAGS)
def me() -> models.Login:
    """The current login; 401 when there is none."""
    current = require_caller()
    assert current.login is not None
    assert current.identity is not None
    return models.Login.of(current.login, current.identity)


@blueprint.get("/auth/sessions")
@signed_in
@operation(returns=models.Devices, tags=TAGS)
def list_sessions() -> models.Devices:
    """Where one is signed in."""
    current = require_caller()
    assert current.login is not None
    subject, current_id = current.login.subject, current.login.id
    return models.Devices(
        items=[models.Device.of(login, current_id=current_id) for login in list_logins(subject)]
    )


@blueprint.delete("/auth/sessions/<login_id>")
@signed_in
@operation(returns={204: None}, problems=[NotFound, SessionExpired, *UNSAFE], tags=TAGS)
def end_session(login_id: UUID) -> None:
    """End one of one's own logins. Ending the current one signs out."""
    current = require_caller()
    assert current.login is not None
    require_live_login(current)
    if not current.auth.logins.end(current.login.subject, str(login_id)):
        raise NotFound
    log.info(
        "login ended", extra={"subject": current.login.subject, "reason": "ended by its owner"}
    )
    if str(login_id) == current.login.id:
        password.clear_ended_cookie(current)


@blueprint.post("/auth/logout-others")
@signed_in
@operation(returns=models.Ended, problems=[SessionExpired, *UNSAFE], tags=TAGS)
def end_other_sessions() -> models.Ended:
    """End every login of one's own but this one."""
    current = require_caller()
    assert current.login is not None
    require_live_login(current)
    return models.Ended(ended=end_logins(current.login.subject, keep_current=True))
