"""Stores of logins, and logins to keep in them."""

from __future__ import annotations

import secrets
import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import create_engine

from flask_dovetail.auth.logins.rules import digest
from flask_dovetail.auth.logins.sql import SqlLogins
from flask_dovetail.auth.logins.store import Family, Logins
from flask_dovetail.auth.logins.valkey import ValkeyLogins
from flask_dovetail.core.identity import Login

NOW = 1_800_000_000
IDLE_SECONDS = 3600
REFRESH_IDLE_SECONDS = 7 * 86400


@dataclass(frozen=True)
class Store:
    """One kind of store, and how another process opens the same one."""

    logins: Logins
    kind: str
    url: str


def open_store(kind: str, url: str, *, per_person: int | None = None) -> Logins:
    """A store of that kind at that URL; what a test calls in another process."""
    limits: dict[str, Any] = {
        "idle_seconds": IDLE_SECONDS,
        "refresh_idle_seconds": REFRESH_IDLE_SECONDS,
        "per_person": per_person,
    }
    if kind == "valkey":
        from valkey import Valkey

        client = Valkey.from_url(url)
        return ValkeyLogins(lambda: client, **limits)
    engine = create_engine(url, pool_size=20)
    return SqlLogins(lambda: engine, **limits)


def a_login(subject: str = "ada", **changes: Any) -> Login:
    made = Login(
        id=str(uuid.uuid4()),
        subject=subject,
        created_at=NOW,
        last_seen_at=NOW,
        expires_at=NOW + 14 * 86400,
        user_agent='Mozilla/5.0 "quoted" \u00e9',
        address="192.0.2.7",
    )
    return made._replace(**changes)


def a_hash() -> str:
    return digest(secrets.token_urlsafe(32))


def kept(logins: Logins, subject: str = "ada", **changes: Any) -> tuple[Login, str]:
    login, token_hash = a_login(subject, **changes), a_hash()
    logins.create(login, token_hash)
    return login, token_hash


def kept_family(logins: Logins, subject: str = "ada", **changes: Any) -> tuple[Family, str]:
    """A token login, as it is found."""
    login, token_hash = a_login(subject, strategy="token", **changes), a_hash()
    logins.create(login, token_hash, refresh_hash=a_hash(), bound_key="thumbprint")
    return found(logins, token_hash), token_hash


def found(logins: Logins, token_hash: str) -> Family:
    family = logins.find_family(token_hash)
    assert family is not None
    return family


def advance(logins: Logins, family: Family, token_hash: str, **changes: Any) -> bool:
    wanted: dict[str, Any] = {"refresh_hash": a_hash(), "kept": (), "key": "k1", "now": NOW}
    return logins.advance(family, token_hash, **{**wanted, **changes})
