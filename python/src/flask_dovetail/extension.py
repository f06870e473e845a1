"""`Dovetail`: the object that an application creates; `init_app` is the table of contents."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING, Never

from . import auth, cli, contract, delivery, telemetry
from .contract import collisions
from .contract.operations import warn_of_bare_routes
from .core import outages, own_routes, settings, state, sweeping, wire
from .core.errors import ConfigurationError, DeclarationError, DovetailError
from .core.identity import Credentials
from .core.mounted import Mounted
from .server import cors, health, hosts, other_extensions, printed_origin, proxies, upkeep
from .storage import database, outage_errors, valkey
from .topology import Topology

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from flask import Flask
    from sqlalchemy import Engine
    from valkey import Valkey

    from .auth import Authenticate, IdentifyExternal, LoadIdentity
    from .contract import Problem
    from .core.identity import Authority, SecurityScheme
    from .files import FilePolicy
    from .realtime import Event, Namespace

log: logging.Logger = logging.getLogger("flask_dovetail")


class Dovetail:
    """The joint between a Flask app and its frontend.

    Settings that vary per deployment are configuration (`DOVETAIL_*`); design choices are
    arguments. One instance may serve several apps; each has its own `app.extensions["dovetail"]`.

    Args:
        authenticate: `(Credentials) -> Identity | None`; checks a password. None refuses the login.
        load_identity: `(subject) -> Identity | None`; asked once per guarded request. None ends the
            login: return it for accounts that are disabled or gone.
        identify_external: `(ExternalAccount) -> Identity | None`; makes an account for a person who
            comes from an outside provider for the first time. For `DOVETAIL_AUTH_PROVIDERS` only.
        credentials: the model of what `POST /auth/login` takes and `authenticate` is given: a kind
            of `Credentials` with fields of your own, such as a tenant or a one-time code.
        login_problems: the problems that `authenticate` may raise.
        security_schemes: credentials of the app's own that sign people in as well, such as API keys
            or an old session cookie, by their names in the document (`docs/auth.md`).
        files: the files that people may upload, by purpose: `{"file": FilePolicy()}`. Left out,
            there is no `/files`.
        notifications: the events that people can be notified of, as with `notify`.
        namespaces: the other events that sockets send and take. With neither, there are no sockets.
        engine: the app's SQLAlchemy engine, or a function that returns it (in an app context), such
            as `lambda: db.engine`. Dovetail opens connections of its own on it. Left out,
            `DOVETAIL_DATABASE_URL` is used, or an SQLite file in the instance folder.
    """

    def __init__(
        self,
        *misplaced: Never,
        authenticate: Authenticate | None = None,
        load_identity: LoadIdentity | None = None,
        identify_external: IdentifyExternal | None = None,
        credentials: type[Credentials] = Credentials,
        login_problems: Iterable[type[Problem]] = (),
        security_schemes: Mapping[str, SecurityScheme] | None = None,
        files: Mapping[str, FilePolicy] | None = None,
        notifications: Iterable[type[Event]] | None = None,
        namespaces: Iterable[Namespace] | None = None,
        engine: Engine | Callable[[], Engine] | None = None,
    ) -> None:
        if misplaced:
            raise DeclarationError(
                f"Dovetail({type(misplaced[0]).__name__}): it takes keyword arguments, and the app "
                "later.\n"
                "  cure: write dovetail = Dovetail(authenticate=..., load_identity=...), then "
                "dovetail.init_app(app)."
            )
        self._authenticate = authenticate
        self._load_identity = load_identity
        self._identify_external = identify_external
        self._credentials = credentials
        self._login_problems = tuple(login_problems)
        self._security_schemes = dict(security_schemes or {})
        self._files = files
        self._notifications = None if notifications is None else tuple(notifications)
        self._namespaces = None if namespaces is None else tuple(namespaces)
        self._engine = engine

    def init_app(self, app: Flask) -> None:
        """Join `app` to its frontend.

        Raises:
            ConfigurationError: a setting cannot be safe or cannot work; the message has the cure.
            ConfigurationError: a route of the app's collides with one of Dovetail's. One that is
                registered later is refused by the first request.
            DovetailError: the app has been initialised before.
        """
        if state.KEY in app.extensions:
            raise DovetailError(
                f"Dovetail is already initialised on {app.name!r}: call init_app once per app."
            )
        app.extensions[state.KEY] = app_state = state.State()
        _refuse_unknown_keys(app)
        topology = Topology.from_config(app.config)
        state.put(app, topology)
        routes = own_routes.init_app(
            app,
            api_host=topology.api_origin.authority,
            middleware=(wire.load("realtime")["path"],) if self._has_sockets else (),
        )
        strategy = auth.read_settings(app).strategy
        given = database.getter(self._engine)
        engine = database.init_app(app, given)
        cache = valkey.init_app(app)

        self._mount_sockets(app)
        telemetry.init_app(app, subject=auth.current_subject)
        proxies.init_app(app, topology)
        contract.init_app(
            app,
            request_id=telemetry.current_request_id,
            store_of=outage_errors.store_of,
            security_schemes=auth.security_schemes(
                topology, strategy, self._security_schemes, routes=routes
            ),
        )
        hosts.init_app(app, topology)
        cors.init_app(app, topology)
        authority = auth.init_app(
            app,
            topology=topology,
            authenticate=self._authenticate,
            load_identity=self._load_identity,
            identify_external=self._identify_external,
            credentials=self._credentials,
            login_problems=self._login_problems,
            security_schemes=self._security_schemes,
            engine=engine,
            valkey=cache,
        )
        mounted = [
            Mounted(checks=database.checks(engine, *(() if given is None else (given,)))),
            Mounted(checks=valkey.checks(cache)),
            self._init_files(app, topology, engine, authority),
            self._init_realtime(app, topology, engine, cache, authority),
        ]
        checks = {name: check for one in mounted for name, check in one.checks.items()}
        app_outages = outages.current(app)
        for store, check in checks.items():
            app_outages.watch(store, check)
        health.init_app(app, checks, app_outages)
        upkeep.init_app(
            app,
            due=(sweeping.of(app).kick, app_outages.tick),
            first=(
                collisions.settle,
                warn_of_bare_routes,
                telemetry.settle,
                other_extensions.settle,
            ),
        )
        delivery.init_app(
            app,
            topology,
            auth_strategy=strategy,
            dpop=auth.binds_logins(app),
            file_origins=tuple(origin for one in mounted for origin in one.page_origins),
        )
        cli.init_app(app, *(command for one in mounted for command in one.commands))
        collisions.refuse(app)
        app_state.freeze()
        printed_origin.warn(app, topology)
        _warn_of_unread_variables(app)

    def _init_files(
        self,
        app: Flask,
        topology: Topology,
        engine: Callable[[], Engine],
        authority: Authority | None,
    ) -> Mounted:
        if self._files is None:
            return Mounted()
        from . import files  # not above: an app without them does not wait

        return files.init_app(
            app,
            self._files,
            topology=topology,
            engine=engine,
            secret_keys=auth.secret_keys(app),
            authority=_demand(authority, "Files belong", "Dovetail(files=...)"),
        )

    @property
    def _has_sockets(self) -> bool:
        return self._notifications is not None or self._namespaces is not None

    def _mount_sockets(self, app: Flask) -> None:
        """Mount sockets first, so that proxies, logs and CORS wrap them, too."""
        if self._has_sockets:
            from . import realtime  # not above: an app without them does not wait

            realtime.mount(app)

    def _init_realtime(
        self,
        app: Flask,
        topology: Topology,
        engine: Callable[[], Engine],
        valkey: Callable[[], Valkey] | None,
        authority: Authority | None,
    ) -> Mounted:
        if not self._has_sockets:
            return Mounted()
        from . import realtime

        key = "Dovetail(notifications=..., namespaces=...)"
        return realtime.init_app(
            app,
            notifications=self._notifications or (),
            namespaces=self._namespaces or (),
            authority=_demand(authority, "Sockets belong", key),
            api_origin=str(topology.api_origin),
            engine=engine,
            valkey=valkey,
        )


def _refuse_unknown_keys(app: Flask) -> None:
    """Refuse misspelt `DOVETAIL_*` keys.

    Raises:
        ConfigurationError: there is such a key.
    """
    if settings.unknown_keys(app.config):
        from .files import config  # noqa: F401 - an import declares its keys
        from .realtime import config as _  # noqa: F401

        settings.refuse_unknown(app.config)


def _warn_of_unread_variables(app: Flask) -> None:
    """Warn of settings in the environment that the app does not take into its configuration."""
    unread = settings.unread_variables(app.config, os.environ)
    if unread:
        log.warning(
            "Settings in the environment are not read: Dovetail reads app.config.\n"
            f"  key:  {', '.join(unread)}\n"
            "  cure: call app.config.from_prefixed_env() before init_app, and name the variables "
            "FLASK_DOVETAIL_…; or unset them."
        )


def _demand(authority: Authority | None, who: str, key: str) -> Authority:
    """Return the authority of an app that has people who sign in.

    Raises:
        ConfigurationError: it has none.
    """
    if authority is None:
        raise ConfigurationError(
            f"{who} to people who sign in, and this app has none.",
            key=key,
            cure="Give authenticate and load_identity, too.",
        )
    return authority
