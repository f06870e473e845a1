"""Pure functions that decide about proofs of possession (RFC 9449): no Flask, no clock.

A proof is a JWT that a client signs for one request, with a key that it shows in the header. A
refresh family is bound to the thumbprint of that key.
"""

from __future__ import annotations

import hmac
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from ...contract.problems import InvalidDpopProof
from ...core.encoding import base64url
from ...core.errors import ConfigurationError
from ...topology.origin import Origin
from ..logins.rules import CLOCK_SKEW_SECONDS
from ..request import challenge
from ..tokens import jws

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

MAX_BYTES = 4096
FRESH_SECONDS = 60
"""By how much `iat` may differ from the server's time in a proof without a nonce."""
NONCE_SECONDS = 300
"""The life of a nonce."""
LIFE_SECONDS = NONCE_SECONDS + 2 * CLOCK_SKEW_SECONDS
"""The longest time that any worker can accept a proof after one has accepted it."""

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
    """Return the proof that `text` is, whenever it was made.

    Args:
        method, path: of the request.
        origins: where the request can have been sent to, as browsers write it.

    Raises:
        InvalidDpopProof: it proves nothing, or was made for another request.
    """
    parts = jws.split(text, max_bytes=MAX_BYTES)
    if parts is None:
        raise refusal("It is not one JWT of at most 4 kB.")
    header = jws.json_object(parts[0])
    if header is None or header.keys() != {"typ", "alg", "jwk"}:
        raise refusal("Its header must have typ, alg and jwk, and nothing else.")
    if header["typ"] != "dpop+jwt":
        raise refusal("It is a token of another kind.")
    algorithm = header["alg"]
    jwk = _public_members(algorithm, header["jwk"])
    payload = _verify(text, algorithm, jwk)
    claims = None if payload is None else jws.json_object(payload)
    if claims is None:
        raise refusal("It is not signed with the key that it shows.")
    jti, nonce = claims.get("jti"), claims.get("nonce")
    if not (
        isinstance(jti, str)
        and 0 < len(jti) <= _MAX_JTI
        and jws.is_time(claims.get("iat"))
        and (nonce is None or isinstance(nonce, str))
    ):
        raise refusal("A claim is missing, or of the wrong type.")
    if claims.get("htm") != method or not _is_at(claims.get("htu"), origins, path):
        raise refusal("It was made for another request.")
    return Proof(jws.thumbprint(jwk), jti, claims["iat"], nonce)


def is_fresh(proof: Proof, nonce_keys: Iterable[bytes], *, now: int) -> bool:
    """Return whether the proof was made just now: by its nonce, else by the client's clock.

    A clock that is hours off is common in browsers; the nonce then gives the time.
    """
    if proof.nonce is None:
        return abs(now - proof.iat) <= FRESH_SECONDS
    moment, _, _ = proof.nonce.partition(".")
    if not re.fullmatch(r"[0-9]{1,12}", moment):
        return False
    made_at, sent = int(moment), proof.nonce.encode("utf-8", "replace")
    ours = [hmac.compare_digest(nonce(key, made_at).encode(), sent) for key in nonce_keys]
    return any(ours) and -CLOCK_SKEW_SECONDS <= now - made_at <= NONCE_SECONDS


def nonce(key: bytes, now: int) -> str:
    """Return a nonce for the next 300 s that nobody has to store: the time, sealed with our key."""
    return f"{now}.{base64url(hmac.digest(key, str(now).encode(), 'sha256'))}"


def refusal(detail: str) -> InvalidDpopProof:
    """Make the refusal of a proof that would be invalid at any time."""
    return InvalidDpopProof(detail, headers=challenge.dpop("invalid_dpop_proof"))


def _public_members(algorithm: object, jwk: object) -> dict[str, str]:
    """Return the members that define a public key (RFC 7638 section 3.2)."""
    kind = _KEYS.get(algorithm) if isinstance(algorithm, str) else None
    if kind is None:
        raise refusal("Its alg is none of ES256 and EdDSA.")
    kty, crv, coordinates = kind
    if not isinstance(jwk, dict) or jwk.get("kty") != kty or jwk.get("crv") != crv:
        raise refusal("The key it shows is not of its alg.")
    if not _PRIVATE.isdisjoint(jwk):
        raise refusal("It shows a private key, which is none any more.")
    members = {name: jwk.get(name) for name in coordinates}
    if not all(
        isinstance(value, str) and _COORDINATE.fullmatch(value) for value in members.values()
    ):
        raise refusal("The key it shows is not of its alg.")
    return {"kty": kty, "crv": crv, **members}  # type: ignore[dict-item]


def _verify(text: str, algorithm: str, jwk: dict[str, str]) -> bytes | None:
    """Return the payload that `jwk` has signed; None if it has not, or is no key."""
    import jwt

    try:
        key = jwt.PyJWK(jwk, algorithm)
        payload: bytes = jwt.PyJWS([algorithm]).decode(text, key.key, algorithms=[algorithm])
    except (jwt.PyJWTError, ValueError):
        return None
    return payload


def _is_at(htu: Any, origins: Collection[str], path: str) -> bool:
    """Return whether the address is that of the request, query and fragment aside (section 4.3)."""
    match = _HTU.fullmatch(htu) if isinstance(htu, str) else None
    if match is None or match[2] != path:
        return False
    try:
        return str(Origin.parse(match[1], key="htu")) in origins
    except ConfigurationError:  # raised for a text that is no origin
        return False
