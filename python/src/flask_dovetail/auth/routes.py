"""Signing in and out, and the list of one's own logins."""

from __future__ import annotations

from uuid import UUID  # noqa: TC003 - read by @operation

from flask import Blueprint, request

from .. import state
from ..contract.errors import (
    AmbiguousCookie,
    CsrfFailed,
    InvalidCredentials,
    NotFound,
    OriginNotAllowed,
    TooManyRequests,
)
from ..contract.operation import operation
from . import csrf, models, session
from .guard import signed_in
from .identity import Credentials  # noqa: TC001 - read by @operation

TAGS = ["auth"]
UNSAFE = [CsrfFailed, OriginNotAllowed]

anonymous = Blueprint("dovetail_csrf", __name__)
blueprint = Blueprint("dovetail_auth", __name__)


@anonymous.get("/api/csrf-token")
@operation(returns=models.CsrfToken, problems=[AmbiguousCookie], tags=TAGS)
def csrf_token() -> models.CsrfToken:
    """The CSRF token of this browser, signed in or not."""
    session.depends_on_login()
    return models.CsrfToken(csrf=csrf.token())


@blueprint.post("/auth/login")
@csrf.csrf_required
@operation(
    returns=models.LoggedIn,
    problems=[InvalidCredentials, TooManyRequests, AmbiguousCookie, *UNSAFE],
    tags=TAGS,
)
def login(body: Credentials) -> models.LoggedIn:
    """Sign in. Any login that this browser had is ended."""
    session.depends_on_login()
    auth = state.get(session.Auth)
    wait = auth.limiter.attempt(body.email, request.remote_addr)
    if wait is not None:
        session.log.warning("login refused", extra={"reason": "too many attempts"})
        raise TooManyRequests("Too many attempts to sign in.", retry_after=wait)
    assert auth.authenticate is not None
    identity = auth.authenticate(body)
    if identity is None:
        session.log.info("login refused", extra={"reason": "credentials"})
        raise InvalidCredentials(headers=session.CHALLENGE)
    auth.limiter.succeeded(body.email)
    session_id = session.begin(identity)
    began = session.current_login()
    assert began is not None
    session.log.info("login began", extra={"subject": identity.subject})
    return models.LoggedIn(csrf=csrf.token_for(session_id), login=models.Login.of(began, identity))


@blueprint.post("/auth/logout")
@operation(returns={204: None}, problems=[AmbiguousCookie, *UNSAFE], tags=TAGS)
def logout() -> None:
    """Sign out. No error when nobody is signed in."""
    session.leave()


@blueprint.get("/auth/session")
@operation(returns=models.Session, problems=[AmbiguousCookie], tags=TAGS)
def current_session() -> models.Session:
    """The current login, or null. Never 401, so that a page can start without an error."""
    found = session.visit()
    if found.login is None or found.identity is None:
        return models.Session(login=None)
    return models.Session(login=models.Login.of(found.login, found.identity))


@blueprint.get("/api/me")
@signed_in
@operation(returns=models.Login, tags=TAGS)
def me() -> models.Login:
    """The current login; 401 when there is none."""
    found = session.required()
    assert found.login is not None
    assert found.identity is not None
    return models.Login.of(found.login, found.identity)


@blueprint.get("/auth/sessions")
@signed_in
@operation(returns=models.Devices, tags=TAGS)
def list_sessions() -> models.Devices:
    """Where one is signed in."""
    found = session.required()
    assert found.login is not None
    subject, current_id = found.login.subject, found.login.id
    return models.Devices(
        items=[
            models.Device.of(login, current_id=current_id) for login in session.list_logins(subject)
        ]
    )


@blueprint.delete("/auth/sessions/<login_id>")
@signed_in
@operation(returns={204: None}, problems=[NotFound, *UNSAFE], tags=TAGS)
def end_session(login_id: UUID) -> None:
    """End one of one's own logins. Ending the current one signs out."""
    found = session.required()
    assert found.login is not None
    if not found.auth.logins.end(found.login.subject, str(login_id)):
        raise NotFound
    session.log.info(
        "login ended", extra={"subject": found.login.subject, "reason": "ended by its owner"}
    )
    if str(login_id) == found.login.id:
        session.forget()


@blueprint.post("/auth/logout-others")
@signed_in
@operation(returns=models.Ended, problems=UNSAFE, tags=TAGS)
def end_other_sessions() -> models.Ended:
    """End every login of one's own but this one."""
    found = session.required()
    assert found.login is not None
    return models.Ended(ended=session.end_logins(found.login.subject, keep_current=True))
