"""The routes of the session strategy: login, and refresh for token logins from before a switch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...contract.problems import Unauthenticated
from ...core import state
from ...core.identity import Credentials  # noqa: TC001 - read by `login_route`
from ...core.own_routes import OwnBlueprint
from ..authority import Auth
from ..log import log
from ..request import challenge, csrf
from ..request.caller import depends_on_login, require_caller
from . import models, session
from .password import sign_in

if TYPE_CHECKING:
    from flask import Response

blueprint: OwnBlueprint = OwnBlueprint("dovetail_session", __name__)


def login(body: Credentials) -> models.LoggedIn:
    """Sign in. Any login that this browser had is ended."""
    depends_on_login()
    session_id = sign_in(body, session.begin)
    current = require_caller()
    assert current.login is not None
    assert current.identity is not None
    log.info("login began", extra={"subject": current.identity.subject})
    login = models.Login.of(current.login, current.identity)
    return models.LoggedIn(csrf=csrf.token_for(session_id), login=login)


@blueprint.post("/auth/refresh")
@csrf.requested_with_required
def refresh() -> Response:
    """Refresh as in the token strategy, for token logins from before a switch.

    In no document, since no such login begins.
    """
    if state.get(Auth).access_tokens is None:
        raise Unauthenticated(headers=challenge.plain(bearer=True))
    from . import token_routes

    answer: Response = token_routes.refresh()
    return answer
