"""Sockets that know the login they belong to, and notifications that are not lost.

`docs/realtime.md` is the guide.
"""

from __future__ import annotations

import time
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from ..contract.routes import serve_document
from ..core import greenlets, outages, settings, state, sweeping, wire
from ..core.errors import ConfigurationError, DeclarationError, MissingExtraError
from ..core.mounted import Mounted
from .asyncapi import build_asyncapi
from .bus import Bus
from .cli import realtime as commands
from .config import RealtimeSettings
from .connections.presence import Presence
from .connections.push import Pusher
from .connections.registry import Connections
from .declaration import Declaration, Demand, Event, check_distinct
from .namespace import Namespace
from .notifications.models import read_payload
from .notifications.notify import notify
from .notifications.store import Notifications
from .notifications.sweep import sweep
from .realtime import Realtime
from .rules import NOTIFY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from flask import Flask
    from sqlalchemy import Engine
    from valkey import Valkey

    from ..core.identity import Authority

__all__ = ["Event", "Namespace", "init_app", "mount", "notify"]


def mount(app: Flask) -> None:
    """Mount the sockets in front of the app, and behind all middleware added from now on."""
    if find_spec("socketio") is None or find_spec("wsproto") is None:
        raise MissingExtraError("Dovetail(notifications=..., namespaces=...)", extra="realtime")
    from .connections.gate import Mount

    app.wsgi_app = Mount(app, app.wsgi_app)  # type: ignore[method-assign]


def init_app(
    app: Flask,
    *,
    notifications: Iterable[type[Event]],
    namespaces: Iterable[Namespace],
    authority: Authority,
    api_origin: str,
    engine: Callable[[], Engine],
    valkey: Callable[[], Valkey] | None,
    clock: Callable[[], float] = time.time,
) -> Mounted:
    """Serve `/api/notifications`, `/asyncapi.json` and the sockets.

    Args:
        notifications: the events that can be stored.
        api_origin: keeps the processes of this app apart from those of others.
        engine, valkey: called at the first use, not before.
        clock: Unix seconds.

    Returns:
        The command.

    Raises:
        ConfigurationError: a setting cannot work.
        DeclarationError: an event or a namespace contradicts another.
    """
    realtime_settings = settings.read(RealtimeSettings, app.config)
    if not realtime_settings.serve and valkey is None:
        raise ConfigurationError(
            "This process takes no sockets, and has no way to those that do.",
            key="DOVETAIL_REALTIME_SERVE",
            cure="Set DOVETAIL_VALKEY_URL, the same for all processes.",
        )
    events = check_distinct("Dovetail(notifications=[...])", notifications)
    declarations = _index_by_path(events, namespaces)
    prefix = f"dovetail:realtime:{api_origin}"
    by_name = {event.event_name: event for event in events}
    app_outages = outages.current(app)
    service = Realtime(
        app=app,
        settings=realtime_settings,
        authority=authority,
        namespaces=declarations,
        events=by_name,
        guards={path: _guard(authority, one.demand) for path, one in declarations.items()},
        notifications=Notifications(
            engine,
            keep_events=realtime_settings.retention_events,
            is_listed=lambda name, data: read_payload(name, data, by_name) is not None,
        ),
        connections=Connections(),
        presence=Presence(valkey, prefix, app_outages),
        pusher=Pusher(),
        bus=None if valkey is None else Bus(valkey, prefix, app_outages),
        sockets=_make_sockets(app, realtime_settings, declarations)
        if realtime_settings.serve
        else None,
        clock=clock,
    )
    state.put(app, service)
    sweeping.of(app).register("notifications", lambda: sweep(service))
    from .notifications import routes

    app.register_blueprint(routes.blueprint(authority, by_name))
    serve_document(app, wire.load("realtime")["document_path"], "dovetail_asyncapi", build_asyncapi)
    return Mounted((commands,))


def _index_by_path(
    events: tuple[type[Event], ...], namespaces: Iterable[Namespace]
) -> dict[str, Declaration]:
    declarations = {NOTIFY: Declaration(NOTIFY, events, Demand())}
    for namespace in namespaces:
        one = namespace.declared
        if declarations.setdefault(one.path, one) is not one:
            raise DeclarationError(
                f"Two namespaces are called {one.path}; {NOTIFY} is always Dovetail's own."
            )
    return declarations


def _guard(authority: Authority, demand: Demand) -> Callable[[], Any]:
    guard = authority.signed_in(scopes=demand.scopes, roles=demand.roles, within=demand.within)
    guarded: Callable[[], Any] = guard(lambda: None)
    return guarded


def _make_sockets(
    app: Flask, limits: RealtimeSettings, declarations: dict[str, Declaration]
) -> Any:
    from flask_socketio import SocketIO

    from .connections.handlers import SocketHandlers
    from .sockets.server import Sockets

    sockets = Sockets(
        list(declarations),
        SocketHandlers(app),
        async_mode="gevent" if greenlets.in_use() else "threading",
        events_per_second=limits.events_per_second,
        message_bytes=limits.message_bytes,
        stranger_seconds=limits.stranger_seconds,
    )
    facade = SocketIO()  # an app's own handlers, on other namespaces, use our server
    facade.server = sockets
    facade.async_mode = sockets.async_mode
    app.extensions["socketio"] = facade
    return sockets
