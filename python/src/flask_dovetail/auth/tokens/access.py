"""Issue access tokens (RFC 9068), and read them on every request that carries one.

A verified signature is cached, because it is decided once for a token. Time is judged at every
reading.
"""

from __future__ import annotations

import json
import secrets
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, TypeGuard, get_args

from ...contract.problems import InvalidToken, TokenExpired
from ...core import wire
from ...core.errors import DeclarationError
from ...core.identity import is_scope
from ..logins.rules import CLOCK_SKEW_SECONDS
from . import jws
from .keys.ring import Algorithm

if TYPE_CHECKING:
    import jwt

    from ...core.identity import Identity, Login
    from .keys.ring import Key, KeyRing

CLIENT_ID = "dovetail"
MAX_BYTES: int = wire.LIMITS["access_token_max_bytes"]
MAX_CACHED = 4096
"""The most verified tokens that a process caches."""

_HEADER = {"alg", "kid", "typ"}
_TYPES = ("at+jwt", "application/at+jwt")
_TEXTS = ("sub", "sid", "jti", "client_id")
_TIMES = ("iat", "nbf", "exp", "auth_time", "login_exp")


class Access(NamedTuple):
    """The content of a valid access token. Times are Unix seconds.

    Attributes:
        subject, login_id: the person, and the login of theirs.
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
        self._cache = _TokenCache(None)

    def issue(self, login: Login, identity: Identity, *, now: int) -> tuple[str, int]:
        """Issue a token for `login`; return it with its life in seconds, at most the login's own.

        Raises:
            DeclarationError: a scope cannot be written, or there are too many for one token.
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
            "scope": " ".join(sorted(map(_checked_scope, identity.scopes))),
            "roles": sorted(identity.roles),
            "login_exp": login.expires_at,
        }
        key = self._ring.signing_key(now)
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
        """Return what `token` says, if it is one of ours and its time is now, give or take 30 s.

        Raises:
            InvalidToken: it is not ours, not an access token, or not for this audience.
            TokenExpired: it was right in everything, but its time is over.
        """
        version = self._ring.version(now)
        cache = self._cache
        if cache.version is not version:
            cache = self._cache = _TokenCache(version)
        verified = cache.get(token)
        if (
            verified is not None
            and verified.begins <= now + CLOCK_SKEW_SECONDS
            and now < verified.ends
        ):
            return verified.access
        verified = self._verify(token, now)
        if verified.begins > now + CLOCK_SKEW_SECONDS:
            raise InvalidToken("It is not valid yet.")
        if now >= verified.ends:
            raise TokenExpired
        cache.put(token, verified)
        return verified.access

    def _verify(self, token: str, now: int) -> _VerifiedToken:
        parts = jws.split(token, max_bytes=MAX_BYTES)
        if parts is None:
            raise InvalidToken("It does not have the form of a token.")
        header = jws.json_object(parts[0])
        if header is None or header.keys() != _HEADER:
            # Anything more could only be `crit`, or a key that the sender would like us to use.
            raise InvalidToken("Its header is not that of an access token.")
        typ, kid = header["typ"], header["kid"]
        if not isinstance(typ, str) or typ.lower() not in _TYPES:
            raise InvalidToken("It is not an access token.")
        key = self._ring.verifying_key(kid, now) if isinstance(kid, str) else None
        if key is None or header["alg"] != key.algorithm:
            raise InvalidToken("Its key is unknown.")
        payload = self._verify_signature(token, key)
        if payload is None:
            raise InvalidToken("Its signature is wrong.")
        claims = jws.json_object(payload)
        if claims is None:
            raise InvalidToken("Its claims are no JSON object.")
        access = self._parse_claims(claims)
        return _VerifiedToken(
            access,
            begins=max(access.issued_at, claims["nbf"]),
            ends=min(access.expires_at + CLOCK_SKEW_SECONDS, key.until),
        )

    def _verify_signature(self, token: str, key: Key) -> bytes | None:
        """Return the payload that `key` has signed; None if it has not."""
        import jwt

        try:
            payload: bytes = self._jws.decode(token, key.public, algorithms=[key.algorithm])
        except jwt.PyJWTError:
            return None
        return payload

    @cached_property
    def _jws(self) -> jwt.PyJWS:
        """The JWS implementation, made at the first use: PyJWT and cryptography import slowly."""
        import jwt

        return jwt.PyJWS(algorithms=get_args(Algorithm))

    def _parse_claims(self, claims: dict[str, Any]) -> Access:
        audience = claims.get("aud")
        if claims.get("iss") != self._issuer or (
            self._audience not in (audience if _is_list_of_texts(audience) else [audience])
        ):
            raise InvalidToken("It is for somebody else.")
        if not (
            all(isinstance(claims.get(name), str) and claims[name] for name in _TEXTS)
            and all(jws.is_time(claims.get(name)) for name in _TIMES)
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


class _VerifiedToken(NamedTuple):
    """A verified token: between `begins` (less the leeway) and `ends` nothing is left to check."""

    access: Access
    begins: int
    ends: float


class _TokenCache:
    """A cache of the tokens verified under one version of the ring: two generations of a dict.

    When the young one is full it becomes the old one, and tokens that were not used since are
    forgotten. Racing threads may lose a cache entry but never store a wrong one. A thread that
    verified under a former ring adds to a cache that nobody reads any more.
    """

    def __init__(self, version: object) -> None:
        self.version = version
        self._young: dict[str, _VerifiedToken] = {}
        self._old: dict[str, _VerifiedToken] = {}

    def get(self, token: str) -> _VerifiedToken | None:
        verified = self._young.get(token)
        if verified is None:
            verified = self._old.get(token)
            if verified is not None:
                self.put(token, verified)
        return verified

    def put(self, token: str, verified: _VerifiedToken) -> None:
        if len(self._young) >= MAX_CACHED // 2:
            self._old, self._young = self._young, {}
        self._young[token] = verified


def _checked_scope(scope: str) -> str:
    if not is_scope(scope):
        raise DeclarationError(
            f"The scope {scope!r} cannot be written in a token: RFC 6749 section 3.3 allows "
            "printable ASCII without spaces, quotes and backslashes."
        )
    return scope


def _is_list_of_texts(value: object) -> TypeGuard[list[str]]:
    return isinstance(value, list) and all(isinstance(part, str) for part in value)
