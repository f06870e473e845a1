"""Signing in by tokens, and refreshing them."""

from __future__ import annotations

from flask import Blueprint

from ...contract.errors import AmbiguousCookie, RefreshReused, SessionExpired, Unauthenticated
from ...contract.operation import operation
from .. import csrf, models
from ..identity import Credentials  # noqa: TC001 - read by @operation
from ..log import log
from ..routes import LOGIN_PROBLEMS, TAGS, UNSAFE
from ..sign_in_out import sign_in
from ..visit import depends_on_login
from . import grants

REFRESH_PROBLEMS = [Unauthenticated, SessionExpired, RefreshReused, AmbiguousCookie, *UNSAFE]

blueprint = Blueprint("dovetail_tokens", __name__)


@blueprint.post("/auth/login")
@csrf.json_only
@operation(
    operation_id="dovetail_auth_login",
    returns=models.Granted,
    problems=LOGIN_PROBLEMS,
    tags=TAGS,
)
def login(body: Credentials) -> models.Granted:
    """Sign in. Any login that this browser had is ended. Sets the refresh cookie."""
    depends_on_login()
    return began(sign_in(body, grants.begin))


@blueprint.post("/auth/refresh")
@csrf.requested_with_required
@operation(
    operation_id="dovetail_auth_refresh",
    returns=models.Granted,
    problems=REFRESH_PROBLEMS,
    tags=TAGS,
)
def refresh() -> models.Granted:
    """Another access token, by the refresh cookie, which is replaced.

    Needs the header `X-Requested-With: XMLHttpRequest`, and no CSRF token.
    """
    depends_on_login()
    return answer(grants.refresh())


def began(grant: grants.Grant) -> models.Granted:
    """The answer to a sign-in."""
    log.info("login began", extra={"subject": grant.login.subject})
    return answer(grant)


def answer(grant: grants.Grant) -> models.Granted:
    """The answer that carries a grant."""
    return models.Granted(
        access_token=grant.access_token,
        expires_in=grant.expires_in,
        login=models.Login.of(grant.login, grant.identity),
    )
