"""Signing in by a session cookie; and the refresh of token logins from before a switch."""

from __future__ import annotations

from flask import Blueprint, Response

from .. import state
from ..contract.errors import Unauthenticated
from ..contract.operation import operation
from . import challenge, csrf, models, session
from .authority import Auth
from .identity import Credentials  # noqa: TC001 - read by @operation
from .log import log
from .routes import LOGIN_PROBLEMS, TAGS
from .sign_in_out import sign_in
from .visit import depends_on_login, required

blueprint = Blueprint("dovetail_session", __name__)


@blueprint.post("/auth/login")
@csrf.csrf_required
@operation(
    operation_id="dovetail_auth_login",
    returns=models.LoggedIn,
    problems=LOGIN_PROBLEMS,
    tags=TAGS,
)
def login(body: Credentials) -> models.LoggedIn:
    """Sign in. Any login that this browser had is ended."""
    depends_on_login()
    session_id = sign_in(body, session.begin)
    began = required()
    assert began.login is not None
    assert began.identity is not None
    log.info("login began", extra={"subject": began.identity.subject})
    login = models.Login.of(began.login, began.identity)
    return models.LoggedIn(csrf=csrf.token_for(session_id), login=login)


@blueprint.post("/auth/refresh")
@csrf.requested_with_required
def refresh() -> Response:
    """As in the token strategy, for its logins of before; in no document, since none begin."""
    if state.get(Auth).access_tokens is None:
        raise Unauthenticated(headers=challenge.plain(bearer=True))
    from .tokens import routes

    answer: Response = routes.refresh()
    return answer
