"""The one authority for "who is this": logins of both strategies, the guard, CSRF.

`docs/auth.md`, `docs/strategies.md` and `docs/csrf.md` are the guides.
"""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Any

from ..contract.problems import InvalidDpopProof
from ..core import own_routes, settings, state, sweeping, wire
from ..core.encoding import derive_key
from ..core.errors import ConfigurationError
from ..core.identity import (
    Authenticate,
    Credentials,
    Identity,
    LoadIdentity,
    Login,
    SecurityScheme,
)
from ..core.secret_keys import secret_keys
from ..server import flask_session
from ..server.bulkhead import Bulkhead
from . import declared_schemes, open_stores, providers
from .authority import Auth
from .callables import check_callable
from .config import AuthSettings
from .limiter import LoginLimiter
from .login_authority import LoginAuthority
from .manage_logins import end_logins, list_logins
from .providers import ExternalAccount, IdentifyExternal, end_connections
from .rates import parse_rate
from .request import csrf, guard
from .request.caller import current_identity, current_login, current_subject
from .request.csrf import csrf_exempt
from .request.csrf import token as csrf_token
from .request.guard import signed_in
from .request.rules import csrf_key
from .sign_in import take_back
from .sign_in.begin_login import begin_login
from .sign_in.password_checks import password_checks
from .sign_in.session import rotate_login
from .signals import refresh_reused
from .sweep import sweep
from .tokens.config import TokenSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Literal

    from flask import Flask
    from sqlalchemy import Engine
    from valkey import Valkey

    from ..contract.problem import Problem
    from ..topology import Topology

__all__ = [
    "Authenticate",
    "Credentials",
    "ExternalAccount",
    "IdentifyExternal",
    "Identity",
    "LoadIdentity",
    "Login",
    "LoginAuthority",
    "SecurityScheme",
    "begin_login",
    "binds_logins",
    "csrf_exempt",
    "csrf_token",
    "current_identity",
    "current_login",
    "current_subject",
    "end_connections",
    "end_logins",
    "init_app",
    "list_logins",
    "password_checks",
    "read_settings",
    "refresh_reused",
    "rotate_login",
    "secret_keys",
    "security_schemes",
    "signed_in",
]


def init_app(
    app: Flask,
    *,
    topology: Topology,
    authenticate: Authenticate | None,
    load_identity: LoadIdentity | None,
    identify_external: IdentifyExternal | None = None,
    credentials: type[Credentials] = Credentials,
    login_problems: Sequence[type[Problem]] = (),
    security_schemes: Mapping[str, SecurityScheme] | None = None,
    engine: Callable[[], Engine],
    valkey: Callable[[], Valkey] | None,
    clock: Callable[[], float] = time.time,
) -> LoginAuthority | None:
    """Check every unsafe request, and serve `/auth` where the app has people who sign in.

    Args:
        authenticate, load_identity: both, or neither for an app without logins.
        identify_external: makes accounts for people whom an outside provider has signed in.
        credentials: the model of the body of `POST /auth/login`.
        login_problems: the problems that `authenticate` may raise.
        security_schemes: the credentials of the app's own, by their names in the document.
        engine, valkey: asked at the first use, not before.
        clock: Unix seconds.

    Returns:
        The authority for the other features; None for an app without logins.

    Raises:
        ConfigurationError: SECRET_KEY is missing or short, a setting contradicts another, or a
            function cannot be called with its one argument.
        MissingExtraError: the strategy is "token", and its packages are not installed.
    """
    if (authenticate is None) != (load_identity is None):
        missing = "authenticate" if authenticate is None else "load_identity"
        raise ConfigurationError(
            f"Dovetail was given one of authenticate and load_identity, but not {missing}.",
            key=f"Dovetail({missing}=...)",
            cure="Give both, or neither for an app without logins.",
        )
    check_callable(authenticate, "authenticate", "credentials")
    check_callable(load_identity, "load_identity", "subject")
    check_callable(identify_external, "identify_external", "account")
    keys = secret_keys(app)
    read = read_settings(app)
    tokens = settings.read(TokenSettings, app.config)
    if tokens.dpop and read.strategy != "token":
        raise ConfigurationError(
            "Proofs of possession bind refresh cookies, which the session strategy has none of.",
            key="DOVETAIL_AUTH_DPOP",
            cure='Set DOVETAIL_AUTH_STRATEGY to "token", or DOVETAIL_AUTH_DPOP to false.',
        )
    per_account = parse_rate(read.login_limit_per_account)
    per_address = parse_rate(read.login_limit_per_address)
    assert per_account is not None
    assert per_address is not None
    auth = Auth(
        settings=read,
        token_settings=tokens,
        cookie=topology.cookie(wire.HEADERS["session_cookie"]),
        csrf_cookie=topology.cookie(wire.HEADERS["csrf_cookie"]),
        refresh_cookie=topology.cookie(
            wire.HEADERS["refresh_cookie"],
            path=own_routes.of(app).path(wire.HEADERS["refresh_path"]),
        ),
        csrf_keys=tuple(csrf_key(key) for key in keys),
        refresh_keys=tuple(derive_key(key, b"dovetail refresh token v1") for key in keys),
        allowed_origins=topology.allowed_origins,
        authenticate=authenticate,
        load_identity=load_identity,
        open_logins=open_stores.logins(read, tokens, engine, valkey),
        open_key_ring=open_stores.key_ring(read, tokens, engine, keys),
        issuer=str(topology.api_origin),
        limiter=LoginLimiter(
            per_account=per_account,
            per_address=per_address,
            valkey=valkey,
            key=derive_key(keys[0], b"dovetail login attempts v1"),
        ),
        password_checks=Bulkhead(
            "password checks",
            at_once=read.password_checks_max,
            waiting=read.password_checks_waiting_max,
            wait_seconds=read.password_checks_wait_seconds,
        ),
        clock=clock,
        security_schemes=security_schemes or {},
        other_credentials_key=derive_key(keys[0], b"dovetail other credentials v1"),
    )
    declared_schemes.check(auth)
    state.put(app, auth)
    sweeping.of(app).register("logins", lambda: sweep(auth))
    guard.init_app(app)
    csrf.init_app(app, auth)
    take_back.init_app(app)
    flask_session.install(app)
    _serve(app, auth, credentials, login_problems)
    if tokens.dpop:
        from .dpop import proofs

        proofs.init_app(
            app, origins=topology.allowed_origins, secret_keys=keys, valkey=valkey, clock=clock
        )
    if load_identity is None:
        return None
    providers.init_app(
        app,
        topology=topology,
        engine=engine,
        secret_keys=keys,
        identify_external=identify_external,
    )
    return LoginAuthority(load_identity, topology.allowed_origins)


def read_settings(app: Flask) -> AuthSettings:
    """Return what is configured for both strategies.

    Raises:
        ConfigurationError: a setting cannot work.
    """
    return settings.read(AuthSettings, app.config)


def binds_logins(app: Flask) -> bool:
    """Return whether browsers are to prove possession of a key (`docs/dpop.md`).

    Raises:
        ConfigurationError: a setting cannot work.
    """
    return settings.read(TokenSettings, app.config).dpop


def security_schemes(
    topology: Topology,
    strategy: Literal["session", "token"] = "session",
    others: Mapping[str, SecurityScheme] | None = None,
    *,
    routes: own_routes.OwnRoutes | None = None,
) -> dict[str, Any]:
    """Return the OpenAPI security schemes that sign a caller of this app in, and `others`."""
    path = (routes or own_routes.OwnRoutes("")).path
    more = declared_schemes.document(others or {}, path)
    session = {
        "type": "apiKey",
        "in": "cookie",
        "name": topology.cookie(wire.HEADERS["session_cookie"]).name,
        "description": f"Set by POST {path('/auth/login')}. {declared_schemes.token_note(path)}",
    }
    if strategy == "session":
        return {"session": session} | more
    bearer = {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": f"From POST {path('/auth/login')}, and again from POST "
        f"{path('/auth/refresh')}. Needs no CSRF token.",
    }
    of_before = "Accepted until it ends, where the app had the session strategy before. "
    session["description"] = of_before + session["description"].partition(". ")[2]
    return {"bearer": bearer, "session": session} | more


def _serve(
    app: Flask,
    auth: Auth,
    credentials: type[Credentials],
    login_problems: Sequence[type[Problem]],
) -> None:
    from .sign_in import login_route, routes

    app.register_blueprint(routes.anonymous)
    if auth.authenticate is None:
        return
    login_route.check(credentials, login_problems)
    app.register_blueprint(routes.blueprint)
    serve_login = partial(login_route.add, app, credentials=credentials)
    if auth.issues_tokens:
        from .sign_in import jwks

        app.register_blueprint(jwks.blueprint)
        if auth.token_settings.dpop:
            from .dpop import routes as dpop_routes

            problems = [*login_problems, InvalidDpopProof]
            serve_login(dpop_routes.login, problems=problems, mark=csrf.json_only)
            app.register_blueprint(dpop_routes.blueprint)
        else:
            from .sign_in import token_routes as token_routes

            serve_login(token_routes.login, problems=login_problems, mark=csrf.json_only)
            app.register_blueprint(token_routes.blueprint)
    else:
        from .sign_in import session_routes

        serve_login(session_routes.login, problems=login_problems, mark=csrf.csrf_required)
        app.register_blueprint(session_routes.blueprint)
