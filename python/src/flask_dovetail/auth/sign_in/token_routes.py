"""The routes of the token strategy: login and refresh."""

from __future__ import annotations

from ...contract.operations import operation
from ...contract.problems import AmbiguousCookie, RefreshReused, SessionExpired, Unauthenticated
from ...core.identity import Credentials  # noqa: TC001 - read by `login_route`
from ...core.own_routes import OwnBlueprint
from ..log import log
from ..request import csrf
from ..request.caller import depends_on_login
from . import models, token_grant
from .password import sign_in
from .routes import TAGS, UNSAFE

REFRESH_PROBLEMS = [Unauthenticated, SessionExpired, RefreshReused, AmbiguousCookie, *UNSAFE]

blueprint: OwnBlueprint = OwnBlueprint("dovetail_tokens", __name__)


def login(body: Credentials) -> models.Granted:
    """Sign in. Any login that this browser had is ended. Sets the refresh cookie."""
    depends_on_login()
    return answer_sign_in(sign_in(body, token_grant.begin))


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
    return answer(token_grant.refresh())


def answer_sign_in(grant: token_grant.Grant) -> models.Granted:
    """Log the sign-in, and return the answer to it."""
    log.info("login began", extra={"subject": grant.login.subject})
    return answer(grant)


def answer(grant: token_grant.Grant) -> models.Granted:
    """Return the answer that carries a grant."""
    return models.Granted(
        access_token=grant.access_token,
        expires_in=grant.expires_in,
        login=models.Login.of(grant.login, grant.identity),
    )
