"""What decides about proofs of possession (RFC 9449), as pure functions: no Flask, no clock.

A proof is a JWT that a client signs for one request, with a key that it shows in the header. The
thumbprint of that key is what a refresh family is bound to.
"""

from __future__ import annotations

import hmac
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from ...contract.errors import InvalidDpopProof
from ...core.encoding import base64url
from ...errors import ConfigurationError
from ...topology.origin import Origin
from .. import challenge
from ..rules import CLOCK_SKEW_SECONDS
from . import compact

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

MAX_BYTES = 4096
FRESH_SECONDS = 60
"""By how much `iat` may differ from the server's time in a proof without a nonce."""
NONCE_SECONDS = 300
"""How long a nonce is good for."""
LIFE_SECONDS = NONCE_SECONDS + 2 * CLOCK_SKEW_SECONDS
"""How long a proof can be accepted by any worker, at most, from when one has accepted it."""

_KEYS = {"ES256": ("EC", "P-256", ("x", "y")), "EdDSA": ("OKP", "Ed25519", ("x",))}
_PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})  # RFC 7518 section 6
# 256 bits in the one spelling there is: else one key would have several thumbprints.
_COORDINATE = re.compile(r"[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]")
_HTU = re.compile(r"([^/?#]+://[^/?#]*)([^?#]*)([?#].*)?", re.DOTALL)
_MAX_JTI = 128


class Proof(NamedTuple):
    """A proof that was signed with the key it shows, for the request that carries it.

    Attributes:
        thumbprint: of the key (RFC 7638): 43 base64url characters.
        jti: the proof's own id.
        iat: when it was made, in Unix seconds by the client's clock.
        nonce: the server's, where the client was given one.
    """

    thumbprint: str
    jti: str
    iat: int
    nonce: str | None


def read(text: str, *, method: str, origins: Collection[str], path: str) -> Proof:
    """What `text` proves, whenever it was made.

    Args:
        method, path: of the request.
        origins: where the request can have been sent to, as browsers write it.

    Raises:
        InvalidDpopProof: it proves nothing, or was made for another request.
    """
    parts = compact.parts(text, max_bytes=MAX_BYTES)
    if parts is None:
        raise refused("It is not one JWT of at most 4 kB.")
    header = compact.json_object(parts[0])
    if header is None or header.keys() != {"typ", "alg", "jwk"}:
        raise refused("Its header must have typ, alg and jwk, and nothing else.")
    if header["typ"] != "dpop+jwt":
        raise refused("It is a token of another kind.")
    algorithm = header["alg"]
    jwk = _public(algorithm, header["jwk"])
    payload = _signed(text, algorithm, jwk)
    claims = None if payload is None else compact.json_object(payload)
    if claims is None:
        raise refused("It is not signed with the key that it shows.")
    jti, nonce = claims.get("jti"), claims.get("nonce")
    if not (
        isinstance(jti, str)
        and 0 < len(jti) <= _MAX_JTI
        and compact.is_time(claims.get("iat"))
        and (nonce is None or isinstance(nonce, str))
    ):
        raise refused("A claim is missing, or of the wrong type.")
    if claims.get("htm") != method or not _is_at(claims.get("htu"), origins, path):
        raise refused("It was made for another request.")
    return Proof(compact.thumbprint(jwk), jti, claims["iat"], nonce)


def is_fresh(proof: Proof, nonce_keys: Iterable[bytes], *, now: int) -> bool:
    """Whether it was made for now: by its nonce, else by the client's clock.

    A clock that is hours off is common in browsers; the nonce is what then tells the time.
    """
    if proof.nonce is None:
        return abs(now - proof.iat) <= FRESH_SECONDS
    moment, _, _ = proof.nonce.partition(".")
    if not re.fullmatch(r"[0-9]{1,12}", moment):
        return False
    made_at, given = int(moment), proof.nonce.encode("utf-8", "replace")
    ours = [hmac.compare_digest(nonce(key, made_at).encode(), given) for key in nonce_keys]
    return any(ours) and -CLOCK_SKEW_SECONDS <= now - made_at <= NONCE_SECONDS


def nonce(key: bytes, now: int) -> str:
    """A nonce for the next 300 s, which nobody has to keep: the time, and our seal on it."""
    return f"{now}.{base64url(hmac.digest(key, str(now).encode(), 'sha256'))}"


def refused(detail: str) -> InvalidDpopProof:
    """The refusal of a proof that no other time would make good."""
    return InvalidDpopProof(detail, headers=challenge.dpop("invalid_dpop_proof"))


def _public(algorithm: object, jwk: object) -> dict[str, str]:
    """The members of a public key that make it what it is (RFC 7638 section 3.2)."""
    kind = _KEYS.get(algorithm) if isinstance(algorithm, str) else None
    if kind is None:
        raise refused("Its alg is none of ES256 and EdDSA.")
    kty, crv, coordinates = kind
    if not isinstance(jwk, dict) or jwk.get("kty") != kty or jwk.get("crv") != crv:
        raise refused("The key it shows is not of its alg.")
    if not _PRIVATE.isdisjoint(jwk):
        raise refused("It shows a private key, which is none any more.")
    shown = {name: jwk.get(name) for name in coordinates}
    if not all(isinstance(value, str) and _COORDINATE.fullmatch(value) for value in shown.values()):
        raise refused("The key it shows is not of its alg.")
    return {"kty": kty, "crv": crv, **shown}  # type: ignore[dict-item]


def _signed(text: str, algorithm: str, jwk: dict[str, str]) -> bytes | None:
    """What `jwk` has signed; None where it has not, or is no key."""
    import jwt

    try:
        key = jwt.PyJWK(jwk, algorithm)
        payload: bytes = jwt.PyJWS([algorithm]).decode(text, key.key, algorithms=[algorithm])
    except (jwt.PyJWTError, ValueError):
        return None
    return payload


def _is_at(htu: Any, origins: Collection[str], path: str) -> bool:
    """Whether the address is that of the request, query and fragment aside (section 4.3)."""
    found = _HTU.fullmatch(htu) if isinstance(htu, str) else None
    if found is None or found[2] != path:
        return False
    try:
        return str(Origin.parse(found[1], key="htu")) in origins
    except ConfigurationError:  # what it raises for a text that is no origin
        return False
