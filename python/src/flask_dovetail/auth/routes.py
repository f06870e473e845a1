"""What both strategies serve: who one is, signing out, and the list of one's own logins."""

from __future__ import annotations

from uuid import UUID  # noqa: TC003 - read by @operation

from flask import Blueprint

from ..contract.errors import (
    AmbiguousCookie,
    CsrfFailed,
    InvalidCredentials,
    NotFound,
    OriginNotAllowed,
    ServiceUnavailable,
    SessionExpired,
    TooManyRequests,
)
from ..contract.operation import operation
from . import csrf, models, sign_in_out
from .guard import signed_in
from .log import log
from .logins import end_logins, list_logins
from .visit import by_refresh_cookie, demand_not_ended, depends_on_login, required, visit

TAGS = ["auth"]
UNSAFE = [CsrfFailed, OriginNotAllowed]
LOGIN_PROBLEMS = [
    InvalidCredentials,
    TooManyRequests,
    ServiceUnavailable,
    AmbiguousCookie,
    *UNSAFE,
]

anonymous = Blueprint("dovetail_csrf", __name__)
blueprint = Blueprint("dovetail_auth", __name__)


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
    sign_in_out.leave()


@blueprint.get("/auth/session")
@operation(returns=models.Session, problems=[AmbiguousCookie], tags=TAGS)
def current_session() -> models.Session:
    """The current login, or null. Never 401, so that a page can start without an error."""
    found = visit()
    if found.login is None and not found.bearer:
        found = by_refresh_cookie()
    if found.login is None or found.identity is None:
        return models.Session(login=None)
    return models.Session(login=models.Login.of(found.login, found.identity))


@blueprint.get("/api/me")
@signed_in
@operation(returns=models.Login, tags=TAGS)
def me() -> models.Login:
    """The current login; 401 when there is none."""
    found = required()
    assert found.login is not None
    assert found.identity is not None
    return models.Login.of(found.login, found.identity)


@blueprint.get("/auth/sessions")
@signed_in
@operation(returns=models.Devices, tags=TAGS)
def list_sessions() -> models.Devices:
    """Where one is signed in."""
    found = required()
    assert found.login is not None
    subject, current_id = found.login.subject, found.login.id
    return models.Devices(
        items=[models.Device.of(login, current_id=current_id) for login in list_logins(subject)]
    )


@blueprint.delete("/auth/sessions/<login_id>")
@signed_in
@operation(returns={204: None}, problems=[NotFound, SessionExpired, *UNSAFE], tags=TAGS)
def end_session(login_id: UUID) -> None:
    """End one of one's own logins. Ending the current one signs out."""
    found = required()
    assert found.login is not None
    demand_not_ended(found)
    if not found.auth.logins.end(found.login.subject, str(login_id)):
        raise NotFound
    log.info("login ended", extra={"subject": found.login.subject, "reason": "ended by its owner"})
    if str(login_id) == found.login.id:
        sign_in_out.forget(found)


@blueprint.post("/auth/logout-others")
@signed_in
@operation(returns=models.Ended, problems=[SessionExpired, *UNSAFE], tags=TAGS)
def end_other_sessions() -> models.Ended:
    """End every login of one's own but this one."""
    found = required()
    assert found.login is not None
    demand_not_ended(found)
    return models.Ended(ended=end_logins(found.login.subject, keep_current=True))
