"""The routes of the token strategy where proofs of possession are checked: login and refresh."""

from __future__ import annotations

from functools import cache

from pydantic import BaseModel, Field

from ...contract.operations import operation
from ...contract.problems import InvalidDpopProof
from ...core.identity import Credentials  # noqa: TC001 - read by `login_route`
from ...core.own_routes import OwnBlueprint
from ..request import csrf
from ..request.caller import depends_on_login
from ..sign_in import models, token_grant, token_routes
from ..sign_in.password import sign_in
from ..sign_in.routes import TAGS
from . import proofs

blueprint: OwnBlueprint = OwnBlueprint("dovetail_tokens", __name__)


class ProofHeader(BaseModel):
    """The proof that a request carries, if it does."""

    proof: str | None = Field(
        default=None,
        alias="DPoP",
        description="A proof of possession (RFC 9449): a JWT of at most 4 kB, by ES256 or EdDSA.",
    )


def login(body: Credentials, headers: ProofHeader) -> models.Granted:
    """Sign in. Any login that this browser had is ended. Sets the refresh cookie.

    With a proof of possession, the refresh cookie is good with the proven key only.
    """
    depends_on_login()
    proof = proofs.read_fresh_proof(headers.proof)
    spend = cache(lambda: proofs.spend_proof(proof))  # once, even if the sign-in is proved again
    return token_routes.answer_sign_in(
        sign_in(body, lambda identity, at: token_grant.begin(identity, at, bound_key=spend()))
    )


@blueprint.post("/auth/refresh")
@csrf.requested_with_required
@operation(
    operation_id="dovetail_auth_refresh",
    returns=models.Granted,
    problems=[*token_routes.REFRESH_PROBLEMS, InvalidDpopProof],
    tags=TAGS,
)
def refresh(headers: ProofHeader) -> models.Granted:
    """Another access token, by the refresh cookie, which is replaced.

    Needs the header `X-Requested-With: XMLHttpRequest`, and no CSRF token. A login that is bound to
    a key needs a proof of possession with it; one that is not yet is bound to the key it proves.
    """
    depends_on_login()
    return token_routes.answer(token_grant.refresh(proofs.Prover(headers.proof)))
