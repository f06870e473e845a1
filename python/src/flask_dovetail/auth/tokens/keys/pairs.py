"""Make private keys and seal them, so that the content of the database alone is worth nothing."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ....core import sealing
from ....core.encoding import derive_key
from .. import jws

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .ring import Algorithm


@dataclass(frozen=True, eq=False)
class Pair:
    """A private key, its public half, and that half as it is published (RFC 7517)."""

    algorithm: Algorithm
    private: Any = field(repr=False)
    public: Any = field(repr=False)
    jwk: dict[str, str]

    @property
    def kid(self) -> str:
        """The key's id: the thumbprint of its public half."""
        return self.jwk["kid"]


class Sealer:
    """Seals private keys, each for the row that it is in.

    Args:
        secret_keys: `SECRET_KEY`, which seals, then `SECRET_KEY_FALLBACKS`, which also open.
    """

    def __init__(self, secret_keys: Sequence[str | bytes]) -> None:
        self._keys = [derive_key(key, b"dovetail signing keys v1") for key in secret_keys]

    def seal(self, pair: Pair) -> str:
        """Return the private key as text for the database."""
        from cryptography.hazmat.primitives.serialization import (
            Encoding,
            NoEncryption,
            PrivateFormat,
        )

        clear = pair.private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        label = _label(pair.kid, pair.algorithm)
        return base64.b64encode(sealing.seal(self._keys[0], clear, label=label)).decode()

    def open(self, kid: str, algorithm: Algorithm, sealed: str) -> tuple[Pair, bool] | None:
        """Return the pair, and whether a fallback opened it; None if none of our keys opens it.

        A key that was sealed for another id or algorithm does not open.
        """
        from cryptography.hazmat.primitives.serialization import load_der_private_key

        try:
            data = base64.b64decode(sealed, validate=True)
        except ValueError:
            return None
        opened = sealing.unseal(self._keys, data, label=_label(kid, algorithm))
        if opened is None:
            return None
        clear, number = opened
        return _pair(algorithm, load_der_private_key(clear, None)), number > 0


def generate(algorithm: Algorithm) -> Pair:
    """Make a private key for EdDSA (Ed25519) or ES256."""
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519

    if algorithm == "EdDSA":
        return _pair(algorithm, ed25519.Ed25519PrivateKey.generate())
    return _pair(algorithm, ec.generate_private_key(ec.SECP256R1()))


def _pair(algorithm: Algorithm, private: Any) -> Pair:
    from jwt.algorithms import get_default_algorithms

    public = private.public_key()
    jwk = get_default_algorithms()[algorithm].to_jwk(public, as_dict=True)
    kid = jws.thumbprint(jwk)
    return Pair(algorithm, private, public, {**jwk, "kid": kid, "use": "sig", "alg": algorithm})


def _label(kid: str, algorithm: Algorithm) -> str:
    return f"{algorithm}.{kid}"
