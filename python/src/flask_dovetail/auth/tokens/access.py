"""Access tokens (RFC 9068): issued, and read on every request that carries one.

What can be decided once about a token is decided once: a verified signature is remembered. Time is
judged at every reading.
"""

from __future__ import annotations

import json
import secrets
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, TypeGuard, get_args

from ... import wire
from ...contract.errors import InvalidToken, TokenExpired
from ...errors import DeclarationError
from ..rules import CLOCK_SKEW_SECONDS, is_scope
from . import compact
from .keys import Algorithm

if TYPE_CHECKING:
    import jwt

    from ..identity import Identity, Login
    from .keys import Key, KeyRing

CLIENT_ID = "dovetail"
MAX_BYTES: int = wire.LIMITS["access_token_max_bytes"]
REMEMBERED = 4096
"""So many verified tokens a process remembers, at most."""

_HEADER = {"alg", "kid", "typ"}
_TYPES = ("at+jwt", "application/at+jwt")
_TEXTS = ("sub", "sid", "jti", "client_id")
_TIMES = ("iat", "nbf", "exp", "auth_time", "login_exp")


class Access(NamedTuple):
    """What a valid access token says. Times are Unix seconds.

    Attributes:
        subject, login_id: whose it is, and of which login.
        scopes, roles: those of the identity when it was issued.
        issued_at, expires_at: of the token.
        authenticated_at: when the login began (`auth_time`).
        login_expires_at: when the login ends, however busy.
    """

    subject: str
    login_id: str
    scopes: frozenset[str]
    roles: tuple[str, ...]
    issued_at: int
    expires_at: int
    authenticated_at: int
    login_expires_at: int


class AccessTokens:
    """Issues and reads the access tokens of one app.

    Args:
        ring: the keys.
        issuer: `iss`; the API's origin.
        audience: `aud`; what these tokens are for.
        access_seconds: how long one lives.
    """

    def __init__(self, ring: KeyRing, *, issuer: str, audience: str, access_seconds: int) -> None:
        self._ring = ring
        self._issuer = issuer
        self._audience = audience
        self._access_seconds = access_seconds
        self._remembered = _Remembered(None)

    def issue(self, login: Login, identity: Identity, *, now: int) -> tuple[str, int]:
        """A token for `login`, and its life in seconds, which never outlasts the login's.

        Raises:
            DeclarationError: a scope that cannot be written, or so many that none can be sent.
        """
        expires_in = max(1, min(self._access_seconds, login.expires_at - now))
        claims = {
            "iss": self._issuer,
            "aud": self._audience,
            "sub": login.subject,
            "client_id": CLIENT_ID,
            "iat": now,
            "nbf": now,
            "exp": now + expires_in,
            "jti": secrets.token_urlsafe(16),
            "sid": login.id,
            "auth_time": login.created_at,
            "scope": " ".join(sorted(map(_written, identity.scopes))),
            "roles": sorted(identity.roles),
            "login_exp": login.expires_at,
        }
        key = self._ring.signing(now)
        token = self._jws.encode(
            json.dumps(claims, separators=(",", ":")).encode(),
            key.private,
            algorithm=key.algorithm,
            headers={"kid": key.kid, "typ": _TYPES[0]},
        )
        if len(token) > MAX_BYTES:
            raise DeclarationError(
                f"An access token of {len(token)} bytes is more than the {MAX_BYTES} that servers "
                "take in a header: give the identity fewer or shorter scopes and roles."
            )
        return token, expires_in

    def read(self, token: str, *, now: int) -> Access:
        """What `token` says, if it is one of ours and its time is now, give or take 30 s.

        Raises:
            InvalidToken: it is not ours, not an access token, or not for this audience.
            TokenExpired: it was right in everything, but its time is over.
        """
        version = self._ring.version(now)
        remembered = self._remembered
        if remembered.version is not version:
            remembered = self._remembered = _Remembered(version)
        known = remembered.get(token)
        if known is not None and known.begins <= now + CLOCK_SKEW_SECONDS and now < known.ends:
            return known.access
        known = self._verified(token, now)
        if known.begins > now + CLOCK_SKEW_SECONDS:
            raise InvalidToken("It is not valid yet.")
        if now >= known.ends:
            raise TokenExpired
        remembered.put(token, known)
        return known.access

    def _verified(self, token: str, now: int) -> _Known:
        parts = compact.parts(token, max_bytes=MAX_BYTES)
        if parts is None:
            raise InvalidToken("It does not have the form of a token.")
        header = compact.json_object(parts[0])
        if header is None or header.keys() != _HEADER:
            # Anything more could only be `crit`, or a key that the sender would like us to use.
            raise InvalidToken("Its header is not that of an access token.")
        typ, kid = header["typ"], header["kid"]
        if not isinstance(typ, str) or typ.lower() not in _TYPES:
            raise InvalidToken("It is not an access token.")
        key = self._ring.verifying(kid, now) if isinstance(kid, str) else None
        if key is None or header["alg"] != key.algorithm:
            raise InvalidToken("Its key is unknown.")
        payload = self._signed(token, key)
        if payload is None:
            raise InvalidToken("Its signature is wrong.")
        claims = compact.json_object(payload)
        if claims is None:
            raise InvalidToken("Its claims are no JSON object.")
        access = self._access(claims)
        return _Known(
            access,
            begins=max(access.issued_at, claims["nbf"]),
            ends=min(access.expires_at + CLOCK_SKEW_SECONDS, key.until),
        )

    def _signed(self, token: str, key: Key) -> bytes | None:
        """What `key` has signed; None where it has not."""
        import jwt

        try:
            payload: bytes = self._jws.decode(token, key.public, algorithms=[key.algorithm])
        except jwt.PyJWTError:
            return None
        return payload

    @cached_property
    def _jws(self) -> jwt.PyJWS:
        """Made at the first use: PyJWT and cryptography are slow to import."""
        import jwt

        return jwt.PyJWS(algorithms=get_args(Algorithm))

    def _access(self, claims: dict[str, Any]) -> Access:
        audience = claims.get("aud")
        if claims.get("iss") != self._issuer or (
            self._audience not in (audience if _is_list_of_texts(audience) else [audience])
        ):
            raise InvalidToken("It is for somebody else.")
        if not (
            all(isinstance(claims.get(name), str) and claims[name] for name in _TEXTS)
            and all(compact.is_time(claims.get(name)) for name in _TIMES)
            and isinstance(claims.get("scope"), str)
            and _is_list_of_texts(claims.get("roles"))
        ):
            raise InvalidToken("A claim is missing or of the wrong type.")
        return Access(
            subject=claims["sub"],
            login_id=claims["sid"],
            scopes=frozenset(claims["scope"].split()),
            roles=tuple(claims["roles"]),
            issued_at=claims["iat"],
            expires_at=claims["exp"],
            authenticated_at=claims["auth_time"],
            login_expires_at=claims["login_exp"],
        )


class _Known(NamedTuple):
    """A verified token; between `begins` (less the leeway) and `ends` nothing is left to ask."""

    access: Access
    begins: int
    ends: float


class _Remembered:
    """The tokens that were verified under one version of the ring: two generations of a dict.

    When the young one is full it becomes the old one, and what was not asked for since is
    forgotten. Threads that race lose a memory at most, never gain a wrong one; and one that
    verified under a former ring adds to what nobody asks any more.
    """

    def __init__(self, version: object) -> None:
        self.version = version
        self._young: dict[str, _Known] = {}
        self._old: dict[str, _Known] = {}

    def get(self, token: str) -> _Known | None:
        known = self._young.get(token)
        if known is None:
            known = self._old.get(token)
            if known is not None:
                self.put(token, known)
        return known

    def put(self, token: str, known: _Known) -> None:
        if len(self._young) >= REMEMBERED // 2:
            self._old, self._young = self._young, {}
        self._young[token] = known


def _written(scope: str) -> str:
    if not is_scope(scope):
        raise DeclarationError(
            f"The scope {scope!r} cannot be written in a token: RFC 6749 section 3.3 allows "
            "printable ASCII without spaces, quotes and backslashes."
        )
    return scope


def _is_list_of_texts(value: object) -> TypeGuard[list[str]]:
    return isinstance(value, list) and all(isinstance(part, str) for part in value)
