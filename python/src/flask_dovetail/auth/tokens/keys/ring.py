"""The keys of access tokens: the protocol of a ring of them, and the ring that is derived.

`StoredKeys` (`stored.py`) stores private keys in the database and publishes their public halves;
`DerivedKeys` derives shared secrets (HS256) from `SECRET_KEY`, and publishes none.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol

from ....core.encoding import derive_key
from ....core.errors import DovetailError

if TYPE_CHECKING:
    from collections.abc import Sequence

Algorithm = Literal["EdDSA", "ES256", "HS256"]
"""The algorithms (RFC 7518, RFC 8037). Each key has one; a token cannot choose another."""


@dataclass(frozen=True, eq=False)
class Key:
    """One key. Its secrets are in no repr.

    Attributes:
        kid: its name in the header of a token; not a secret.
        private: the object that PyJWT signs with.
        public: the object that PyJWT verifies with.
        jwk: the public key as it is published (RFC 7517); None for a shared secret.
        signs_from: Unix seconds; it is published before.
        until: Unix seconds; it verifies nothing from then on, since all its tokens have expired.
    """

    kid: str
    algorithm: Algorithm
    private: Any = field(repr=False)
    public: Any = field(repr=False)
    jwk: dict[str, str] | None = None
    signs_from: int = 0
    until: float = math.inf


class KeyDescription(NamedTuple):
    """One line of `flask dovetail keys list`."""

    kid: str
    algorithm: str
    state: str


class Rotation(NamedTuple):
    """The outcome of a rotation: the new key, and the ids of the removed ones."""

    key: Key
    removed: tuple[str, ...]


class NotRotatable(DovetailError):  # noqa: N818 - a fact about the ring
    """These keys are not made by rotation; the message says what to do instead."""


class KeyRing(Protocol):
    """All keys of one app, the same in every worker. `now` is Unix seconds.

    Reading may raise the driver's exception when the store is out of reach, but only in a process
    that has never reached it.
    """

    def signing_key(self, now: int) -> Key:
        """Return the key for new tokens; make one if there is none."""

    def verifying_key(self, kid: str, now: int) -> Key | None:
        """Return the key of that id, whether it signs now, will sign, or signed until lately."""

    def public_keys(self, now: int) -> list[dict[str, str]]:
        """Return the public keys (RFC 7517 section 4), including those that do not sign yet."""

    def version(self, now: int) -> object:
        """Return an object that is another one whenever a key has come or gone."""

    def describe(self, now: int) -> list[KeyDescription]:
        """Return a description of every key for an administrator, the oldest first."""

    def rotate(self, now: int, *, at_once: bool = False) -> Rotation:
        """Add a key, which signs after it has been published for a while, or at once.

        Raises:
            NotRotatable: the keys are derived from something else that has to change.
        """


class DerivedKeys:
    """Shared secrets for HS256, derived from `SECRET_KEY`; its fallbacks verify only.

    Args:
        secret_keys: `SECRET_KEY`, then `SECRET_KEY_FALLBACKS`.
    """

    def __init__(self, secret_keys: Sequence[str | bytes]) -> None:
        self._keys = [_derived(secret_key) for secret_key in secret_keys]
        self._by_kid = {key.kid: key for key in self._keys}

    def signing_key(self, now: int) -> Key:  # noqa: ARG002 - they do not change
        """See `KeyRing.signing`."""
        return self._keys[0]

    def verifying_key(self, kid: str, now: int) -> Key | None:  # noqa: ARG002
        """See `KeyRing.verifying`."""
        return self._by_kid.get(kid)

    def public_keys(self, now: int) -> list[dict[str, str]]:  # noqa: ARG002
        """See `KeyRing.published`."""
        return []

    def version(self, now: int) -> object:  # noqa: ARG002
        """See `KeyRing.version`."""
        return self._by_kid

    def describe(self, now: int) -> list[KeyDescription]:  # noqa: ARG002
        """See `KeyRing.described`."""
        signs = self._keys[0].kid
        return [
            KeyDescription(
                kid, "HS256", "signs" if kid == signs else "verifies (SECRET_KEY_FALLBACKS)"
            )
            for kid in reversed(self._by_kid)
        ]

    def rotate(self, now: int, *, at_once: bool = False) -> Rotation:  # noqa: ARG002
        """See `KeyRing.rotate`."""
        raise NotRotatable(
            "HS256 keys are derived from SECRET_KEY.\n  key:  SECRET_KEY\n"
            "  cure: change it, and keep the former one in SECRET_KEY_FALLBACKS (in an emergency, "
            "do not)."
        )


def _derived(secret_key: str | bytes) -> Key:
    secret = derive_key(secret_key, b"dovetail access token v1")
    kid = derive_key(secret_key, b"dovetail access token kid v1")[:8].hex()
    return Key(kid, "HS256", secret, secret)
