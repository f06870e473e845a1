"""Realtime: sockets that know who they belong to, and notifications that are not lost.

`docs/realtime.md` is the guide.
"""

from __future__ import annotations

import time
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from .. import greenlets, outages, settings, state, sweeping, wire
from ..contract.routes import serve_document
from ..errors import ConfigurationError, DeclarationError, MissingExtraError
from .asyncapi import build_asyncapi
from .bus import Bus
from .config import RealtimeSettings
from .connections import Connections
from .declared import Declared, Demand, Event, distinct
from .namespace import Namespace
from .notifications import Notifications
from .outbox import notify
from .presence import Presence
from .pusher import Pusher
from .rules import NOTIFY
from .service import Realtime
from .sweep import sweep

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from flask import Flask
    from sqlalchemy import Engine
    from valkey import Valkey

    from ..auth.identity import Authority

__all__ = ["Event", "Namespace", "init_app", "mount", "notify"]


def mount(app: Flask) -> None:
    """Put the sockets before the app, and behind whatever wraps it from now on."""
    if find_spec("socketio") is None or find_spec("wsproto") is None:
        raise MissingExtraError("Dovetail(notifications=..., namespaces=...)", extra="realtime")
    from .middleware import Mount

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
) -> None:
    """Serve `/api/notifications`, `/asyncapi.json` and the sockets.

    Args:
        notifications: the events that can be stored.
        api_origin: tells the processes of this app from those of others.
        engine, valkey: asked at the first use, not before.
        clock: Unix seconds.

    Raises:
        ConfigurationError: a setting cannot work.
        DeclarationError: an event or a namespace contradicts another.
    """
    given = settings.read(RealtimeSettings, app.config)
    if not given.serve and valkey is None:
        raise ConfigurationError(
            "This process takes no sockets, and has no way to those that do.",
            key="DOVETAIL_REALTIME_SERVE",
            cure="Set DOVETAIL_VALKEY_URL, the same for all processes.",
        )
    events = distinct("Dovetail(notifications=[...])", notifications)
    declared = _by_path(events, namespaces)
    prefix = f"dovetail:realtime:{api_origin}"
    by_name = {event.event_name: event for event in events}
    told = outages.current(app)
    service = Realtime(
        app=app,
        settings=given,
        authority=authority,
        namespaces=declared,
        events=by_name,
        guards={path: _guard(authority, one.demand) for path, one in declared.items()},
        notifications=Notifications(engine, keep_events=given.retention_events),
        connections=Connections(),
        presence=Presence(valkey, prefix, told),
        pusher=Pusher(),
        bus=None if valkey is None else Bus(valkey, prefix, told),
        sockets=_sockets(app, given, declared) if given.serve else None,
        clock=clock,
    )
    state.put(app, service)
    sweeping.of(app).register("notifications", lambda: sweep(service))
    from . import routes

    app.register_blueprint(routes.blueprint(authority, by_name))
    serve_document(app, wire.load("realtime")["document_path"], "dovetail_asyncapi", build_asyncapi)


def _by_path(
    events: tuple[type[Event], ...], namespaces: Iterable[Namespace]
) -> dict[str, Declared]:
    found = {NOTIFY: Declared(NOTIFY, events, Demand())}
    for namespace in namespaces:
        one = namespace.declared
        if found.setdefault(one.path, one) is not one:
            raise DeclarationError(
                f"Two namespaces are called {one.path}; {NOTIFY} is always Dovetail's own."
            )
    return found


def _guard(authority: Authority, demand: Demand) -> Callable[[], Any]:
    guard = authority.signed_in(scopes=demand.scopes, roles=demand.roles, within=demand.within)
    guarded: Callable[[], Any] = guard(lambda: None)
    return guarded


def _sockets(app: Flask, given: RealtimeSettings, declared: dict[str, Declared]) -> Any:
    from flask_socketio import SocketIO

    from .calls import Calls
    from .server import Sockets

    sockets = Sockets(
        list(declared),
        Calls(app),
        async_mode="gevent" if greenlets.in_use() else "threading",
        events_per_second=given.events_per_second,
        message_bytes=given.message_bytes,
        stranger_seconds=given.stranger_seconds,
    )
    facade = SocketIO()  # an app's own handlers, on namespaces of their own, are on our server
    facade.server = sockets
    facade.async_mode = sockets.async_mode
    app.extensions["socketio"] = facade
    return sockets
