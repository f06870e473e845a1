"""`GET /.well-known/jwks.json`: the keys for verifying access tokens elsewhere (RFC 7517)."""

from __future__ import annotations

from typing import Literal

from flask import Response, after_this_request, request
from pydantic import BaseModel

from ...contract.operations import operation
from ...core import state
from ...core.own_routes import OwnBlueprint
from ..authority import Auth

MAX_AGE_SECONDS = 300

blueprint: OwnBlueprint = OwnBlueprint("dovetail_jwks", __name__)


class OkpKey(BaseModel):
    """An Ed25519 public key (RFC 8037)."""

    kty: Literal["OKP"]
    crv: Literal["Ed25519"]
    x: str
    kid: str
    use: Literal["sig"]
    alg: Literal["EdDSA"]


class EcKey(BaseModel):
    """A P-256 public key (RFC 7518 section 6.2)."""

    kty: Literal["EC"]
    crv: Literal["P-256"]
    x: str
    y: str
    kid: str
    use: Literal["sig"]
    alg: Literal["ES256"]


class Jwks(BaseModel):
    """The keys that have signed, sign, or will sign access tokens. Empty with HS256."""

    keys: list[OkpKey | EcKey]


@blueprint.get("/.well-known/jwks.json")
@operation(returns=Jwks, tags=["auth"])
def jwks() -> Jwks:
    """The public keys of access tokens."""
    auth = state.get(Auth)
    assert auth.key_ring is not None  # refused at start
    keys = Jwks.model_validate({"keys": auth.key_ring.public_keys(auth.now())})
    after_this_request(_may_be_cached)
    return keys


def _may_be_cached(response: Response) -> Response:
    response.headers["Cache-Control"] = f"public, max-age={MAX_AGE_SECONDS}"
    response.add_etag()
    return response.make_conditional(request)  # type: ignore[return-value]
