"""Keys of browsers for tests, and what they sign: good proofs of possession, and all others."""

from __future__ import annotations

import hashlib
import json
import secrets
from functools import cached_property
from typing import Any, Literal

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from support.base64url import b64

NOW = 1_800_000_000
API = "http://localhost:5000"


class BrowserKey:
    """A private key, and the proofs that it signs."""

    def __init__(self, algorithm: Literal["ES256", "EdDSA"] = "ES256") -> None:
        self.algorithm = algorithm
        self.private: Any = (
            ec.generate_private_key(ec.SECP256R1())
            if algorithm == "ES256"
            else ed25519.Ed25519PrivateKey.generate()
        )

    @cached_property
    def jwk(self) -> dict[str, str]:
        made: dict[str, str] = self._algorithm.to_jwk(self.private.public_key(), as_dict=True)
        return made

    @cached_property
    def private_jwk(self) -> dict[str, str]:
        made: dict[str, str] = self._algorithm.to_jwk(self.private, as_dict=True)
        return made

    @cached_property
    def thumbprint(self) -> str:
        """Compute it as RFC 7638 section 3 writes it out, member by member."""
        names = ("crv", "kty", "x", "y") if self.algorithm == "ES256" else ("crv", "kty", "x")
        text = "{" + ",".join(f'"{name}":"{self.jwk[name]}"' for name in names) + "}"
        return b64(hashlib.sha256(text.encode()).digest())

    def proof(
        self,
        path: str = "/auth/refresh",
        *,
        now: float = NOW,
        header: dict[str, Any] | None = None,
        **changes: Any,
    ) -> str:
        """A proof for a request to `path`; `...` leaves a member or a claim out."""
        claims = {
            "jti": secrets.token_urlsafe(12),
            "htm": "POST",
            "htu": API + path,
            "iat": int(now),
        }
        members = {"typ": "dpop+jwt", "alg": self.algorithm, "jwk": self.jwk}
        return self.signed(_without(members, header or {}), _without(claims, changes))

    def signed(self, header: Any, claims: Any) -> str:
        """Anything, signed; text is taken as it is."""
        message = ".".join(
            b64(part if isinstance(part, str) else json.dumps(part)) for part in (header, claims)
        )
        return f"{message}.{b64(self._algorithm.sign(message.encode(), self.private))}"

    @property
    def _algorithm(self) -> Any:
        return jwt.get_algorithm_by_name(self.algorithm)


def _without(members: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in (members | changes).items() if value is not ...}
