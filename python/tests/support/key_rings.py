"""Rings of keys for tests: on a table that several workers share, or in memory."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import jwt
from sqlalchemy import Engine, event, select

from flask_dovetail.auth.logins.tables import signing_keys
from flask_dovetail.auth.tokens.access import AccessTokens
from flask_dovetail.auth.tokens.keys.ring import Key, KeyRing
from flask_dovetail.auth.tokens.keys.stored import StoredKeys
from flask_dovetail.core.identity import Identity, Login
from support.base64url import b64

NOW = 1_800_000_000
SECRET = "a key that is long enough to be one"
OTHER_SECRET = "another key that is long enough too"
ISSUER = "https://api.example.com"
ADA = Identity("ada", roles=("staff", "admin"), scopes=("posts:write", "posts:read"))


@dataclass
class KeyTable:
    """A database with the tables made. Each `worker()` stands for a process of its own."""

    engine: Engine

    def worker(
        self,
        *,
        algorithm: Any = "EdDSA",
        secret_keys: tuple[str | bytes, ...] = (SECRET,),
        access_seconds: int = 900,
    ) -> StoredKeys:
        return StoredKeys(
            lambda: self.engine,
            algorithm=algorithm,
            secret_keys=secret_keys,
            access_seconds=access_seconds,
        )

    def rows(self) -> list[Any]:
        with self.engine.connect() as connection:
            statement = select(signing_keys).order_by(signing_keys.c.number)
            return list(connection.execute(statement))

    def kids(self) -> list[str]:
        return [row.kid for row in self.rows()]

    def reads(self) -> list[str]:
        """Grows with every SELECT from now on."""
        seen: list[str] = []

        @event.listens_for(self.engine, "before_cursor_execute")
        def count(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            if statement.startswith("SELECT") and "FROM dovetail_signing_keys" in statement:
                seen.append(statement)

        return seen


def a_login(subject: str = "ada", **changes: Any) -> Login:
    made = Login(
        id="5b0f8a9e-6f0e-4f4e-9c69-6f3bd7a1c001",
        subject=subject,
        created_at=NOW - 100,
        last_seen_at=NOW,
        expires_at=NOW + 14 * 86400,
        user_agent="a browser",
        address="192.0.2.7",
    )
    return made._replace(**changes)


def tokens_of(ring: KeyRing, *, audience: str = ISSUER, access_seconds: int = 900) -> AccessTokens:
    return AccessTokens(ring, issuer=ISSUER, audience=audience, access_seconds=access_seconds)


def issued(tokens: AccessTokens, now: int = NOW) -> str:
    return tokens.issue(a_login(), ADA, now=now)[0]


def claims_of(now: int = NOW, **changes: Any) -> dict[str, Any]:
    """Return the claims of a token; `...` leaves a claim out."""
    claims = {
        "iss": ISSUER,
        "aud": ISSUER,
        "sub": "ada",
        "client_id": "dovetail",
        "iat": now,
        "nbf": now,
        "exp": now + 900,
        "jti": "an id",
        "sid": a_login().id,
        "auth_time": now - 100,
        "scope": "posts:read posts:write",
        "roles": ["admin", "staff"],
        "login_exp": now + 14 * 86400,
    }
    claims |= changes
    return {name: value for name, value in claims.items() if value is not ...}


def signed(key: Key, claims: Any, **header: Any) -> str:
    """A token that `key` really signs, whatever it says; `...` leaves a header member out.

    Claims and the header (`header_text`) may be text, to say what no library would write.
    """
    text = header.pop("header_text", None)
    members = {"alg": key.algorithm, "kid": key.kid, "typ": "at+jwt"} | header
    if text is None:
        text = json.dumps({name: value for name, value in members.items() if value is not ...})
    payload = claims if isinstance(claims, (str, bytes)) else json.dumps(claims)
    message = f"{b64(text)}.{b64(payload)}"
    signature = jwt.get_algorithm_by_name(key.algorithm).sign(message.encode(), key.private)
    return f"{message}.{b64(signature)}"
