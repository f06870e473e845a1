"""Signing in by tokens, and refreshing them."""

from __future__ import annotations

from flask import Blueprint

from ...contract.errors import (
    AmbiguousCookie,
    CsrfFailed,
    InvalidCredentials,
    OriginNotAllowed,
    RefreshReused,
    SessionExpired,
    TooManyRequests,
    Unauthenticated,
)
from ...contract.operation import operation
from .. import csrf, models
from ..authority import log
from ..identity import Credentials  # noqa: TC001 - read by @operation
from ..sign_in_out import authenticated
from ..visit import depends_on_login
from . import grants

TAGS = ["auth"]

blueprint = Blueprint("dovetail_tokens", __name__)


@blueprint.post("/auth/login")
@csrf.json_only
@operation(
    operation_id="dovetail_auth_login",
    returns=models.Granted,
    problems=[InvalidCredentials, TooManyRequests, AmbiguousCookie, CsrfFailed, OriginNotAllowed],
    tags=TAGS,
)
def login(body: Credentials) -> models.Granted:
    """Sign in. Any login that this browser had is ended. Sets the refresh cookie."""
    depends_on_login()
    grant = grants.begin(authenticated(body))
    log.info("login began", extra={"subject": grant.login.subject})
    return _answer(grant)


@blueprint.post("/auth/refresh")
@csrf.requested_with_required
@operation(
    operation_id="dovetail_auth_refresh",
    returns=models.Granted,
    problems=[
        Unauthenticated,
        SessionExpired,
        RefreshReused,
        AmbiguousCookie,
        CsrfFailed,
        OriginNotAllowed,
    ],
    tags=TAGS,
)
def refresh() -> models.Granted:
    """Another access token, by the refresh cookie, which is replaced.

    Needs the header `X-Requested-With: XMLHttpRequest`, and no CSRF token.
    """
    depends_on_login()
    return _answer(grants.refresh())


def _answer(grant: grants.Grant) -> models.Granted:
    return models.Granted(
        access_token=grant.access_token,
        expires_in=grant.expires_in,
        login=models.Login.of(grant.login, grant.identity),
    )
