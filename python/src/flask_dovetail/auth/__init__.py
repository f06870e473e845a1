"""The one authority for "who is this": logins, their cookie, the guard, CSRF.

`docs/auth.md` and `docs/csrf.md` are the guides.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from .. import settings, state, wire
from ..errors import ConfigurationError
from . import csrf, flask_session, guard, rules
from .config import AuthSettings
from .csrf import csrf_exempt
from .guard import signed_in
from .identity import Authenticate, Credentials, Identity, LoadIdentity
from .limiter import LoginLimiter
from .session import (
    Auth,
    Sweeper,
    current_identity,
    current_login,
    current_subject,
    end_logins,
    list_logins,
    rotate_login,
)
from .store import Login

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask
    from sqlalchemy import Engine
    from valkey import Valkey

    from ..topology import Topology
    from .store import Logins

__all__ = [
    "Authenticate",
    "Credentials",
    "Identity",
    "LoadIdentity",
    "Login",
    "csrf_exempt",
    "current_identity",
    "current_login",
    "current_subject",
    "end_logins",
    "init_app",
    "list_logins",
    "rotate_login",
    "security_schemes",
    "signed_in",
]


def init_app(
    app: Flask,
    *,
    topology: Topology,
    authenticate: Authenticate | None,
    load_identity: LoadIdentity | None,
    engine: Callable[[], Engine],
    valkey: Callable[[], Valkey] | None,
    clock: Callable[[], float] = time.time,
) -> None:
    """Check every unsafe request, and serve `/auth` where the app has people who sign in.

    Args:
        authenticate, load_identity: both, or neither for an app without logins.
        engine, valkey: asked at the first use, not before.
        clock: Unix seconds.

    Raises:
        ConfigurationError: SECRET_KEY is missing or short, or a setting contradicts another.
    """
    if (authenticate is None) != (load_identity is None):
        missing = "authenticate" if authenticate is None else "load_identity"
        raise ConfigurationError(
            f"Dovetail was given one of authenticate and load_identity, but not {missing}.",
            key=f"Dovetail({missing}=...)",
            cure="Give both, or neither for an app without logins.",
        )
    secret_keys = _secret_keys(app)
    read = settings.read(AuthSettings, app.config)
    per_account = rules.parse_rate(read.login_limit_per_account)
    per_address = rules.parse_rate(read.login_limit_per_address)
    assert per_account is not None
    assert per_address is not None
    auth = Auth(
        settings=read,
        cookie=topology.cookie(wire.HEADERS["session_cookie"]),
        csrf_cookie=topology.cookie(wire.HEADERS["csrf_cookie"]),
        csrf_keys=tuple(rules.csrf_key(key) for key in secret_keys),
        allowed_origins=topology.allowed_origins,
        authenticate=authenticate,
        load_identity=load_identity,
        open_logins=_opener(read, engine, valkey, clock),
        limiter=LoginLimiter(
            per_account=per_account,
            per_address=per_address,
            valkey=valkey,
            key=rules.derive(secret_keys[0], b"dovetail login attempts v1"),
        ),
        sweeper=Sweeper(),
        clock=clock,
    )
    state.put(app, auth)
    guard.init_app(app)
    csrf.init_app(app, auth)
    flask_session.install(app)

    from . import routes

    app.register_blueprint(routes.anonymous)
    if authenticate is not None:
        app.register_blueprint(routes.blueprint)


def security_schemes(topology: Topology) -> dict[str, Any]:
    """The OpenAPI security scheme of the guard."""
    return {
        "session": {
            "type": "apiKey",
            "in": "cookie",
            "name": topology.cookie(wire.HEADERS["session_cookie"]).name,
            "description": "Set by POST /auth/login. Unsafe methods also need X-CSRF-Token, "
            "from GET /api/csrf-token.",
        }
    }


def _opener(
    read: AuthSettings,
    engine: Callable[[], Engine],
    valkey: Callable[[], Valkey] | None,
    clock: Callable[[], float],
) -> Callable[[], Logins]:
    """What makes the store. Checked now; its driver is imported when it is called."""
    if read.session_store == "valkey" and valkey is None:
        raise ConfigurationError(
            'DOVETAIL_AUTH_SESSION_STORE is "valkey", but DOVETAIL_VALKEY_URL is not set.',
            key="DOVETAIL_VALKEY_URL",
            cure='Set it, as in valkey://127.0.0.1:6379/0, or keep logins in "sql".',
        )

    def sql() -> Logins:
        from .store_sql import SqlLogins

        return SqlLogins(
            engine,
            idle_seconds=read.idle_seconds,
            refresh_idle_seconds=604_800,
            clock=clock,
        )

    def in_valkey() -> Logins:
        from .store_valkey import ValkeyLogins

        assert valkey is not None
        return ValkeyLogins(valkey, idle_seconds=read.idle_seconds, refresh_idle_seconds=604_800)

    return sql if read.session_store == "sql" else in_valkey


def _secret_keys(app: Flask) -> list[str | bytes]:
    """SECRET_KEY first, then SECRET_KEY_FALLBACKS, which are only accepted."""
    keys = [app.config.get("SECRET_KEY"), *(app.config.get("SECRET_KEY_FALLBACKS") or ())]
    for name, key in zip(["SECRET_KEY", *["SECRET_KEY_FALLBACKS"] * len(keys)], keys, strict=False):
        if not isinstance(key, (str, bytes)) or not key:
            raise ConfigurationError(f"{name} is not set.", key=name, cure=_MAKE_A_KEY)
        size = len(key.encode() if isinstance(key, str) else key)
        if size < rules.MIN_SECRET_KEY_BYTES:
            raise ConfigurationError(
                f"{name} has {size} bytes; CSRF tokens made with fewer than "
                f"{rules.MIN_SECRET_KEY_BYTES} can be guessed.",
                key=name,
                cure=_MAKE_A_KEY,
            )
    return [key for key in keys if key is not None]


_MAKE_A_KEY = 'Make one with: python -c "import secrets; print(secrets.token_hex(32))"'
