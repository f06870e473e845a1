"""The addresses of Dovetail's own routes, and how they are added to an app.

`DOVETAIL_ROUTES_PREFIX` moves them all, apart from two that others have to know beforehand:
`/config.js`, by which the page learns the rest, and `/.well-known/…` (RFC 8615). The path that the
app is mounted below (`prefix`) comes in front of that, as it does with every address of the app.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import Blueprint, current_app
from flask.blueprints import BlueprintSetupState

from . import prefix, settings, state
from .errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from flask import Flask

KEY = "DOVETAIL_ROUTES_PREFIX"
ENDPOINTS = "dovetail_"
"""The name of every endpoint of Dovetail's begins with this."""

HOST = "dovetail_host"
"""The variable of a rule that is for every host; no view is given it."""

_STAY = ("/config.js", "/.well-known/")
_PREFIX = re.compile(r"(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*")


@dataclass(frozen=True)
class RoutesSettings:
    """Where Dovetail's own routes are."""

    prefix: str = settings.setting(
        KEY,
        default="",
        doc="A path to move Dovetail's own routes below, such as `/_dovetail`, where the app has "
        "routes of the same names. `/config.js` and `/.well-known/jwks.json` stay.",
    )

    def __post_init__(self) -> None:
        """Check the path.

        Raises:
            ConfigurationError: it is no plain path.
        """
        if not _PREFIX.fullmatch(self.prefix):
            raise ConfigurationError(
                f"{KEY} is {self.prefix!r}, which is no plain path.",
                key=KEY,
                cure='Write it with a slash in front and none at the end, as in "/_dovetail": '
                'letters, digits, "-", ".", "_" and "~". Leave it out for the root.',
            )


@dataclass(frozen=True)
class OwnRoutes:
    """Where the own routes of one app are.

    Attributes:
        prefix: `""`, or a path without a slash at its end.
        taken: paths below which no view is asked: middleware answers.
        hosts: of the rules of each route. `(None,)` but for an app with `host_matching`, where the
            API's host has a rule of its own, which no catch-all of that host takes over.
    """

    prefix: str
    taken: tuple[str, ...] = ()
    hosts: tuple[str | None, ...] = (None,)

    def path(self, path: str) -> str:
        """Return the path that this app answers `path` of Dovetail's at."""
        return path if stays(path) else self.prefix + path


def stays(path: str) -> bool:
    """Return whether the prefix does not move `path`."""
    return path.startswith(_STAY)


def init_app(app: Flask, *, api_host: str, middleware: Iterable[str] = ()) -> OwnRoutes:
    """Read where the own routes of `app` are to be.

    Args:
        middleware: the paths of what is no view, such as `/socket.io`.
        api_host: the host of the API, with the port where it is not the usual one.

    Raises:
        ConfigurationError: the setting is no plain path.
    """
    read = settings.read(RoutesSettings, app.config)
    hosts: tuple[str | None, ...] = (None,)
    if app.url_map.host_matching:
        hosts = (api_host, f"<{HOST}>")

        @app.url_value_preprocessor
        def drop_host(_endpoint: str | None, values: dict[str, Any] | None) -> None:
            if values is not None:
                values.pop(HOST, None)

    routes = OwnRoutes(read.prefix, tuple(read.prefix + path for path in middleware), hosts)
    state.put(app, routes)
    return routes


def of(app: Flask) -> OwnRoutes:
    """Return where the own routes of `app` are; at the root while nothing was read."""
    if state.KEY not in app.extensions:
        return OwnRoutes("")
    return state.find(OwnRoutes, app) or OwnRoutes("")


def address(path: str) -> str:
    """Return the path that browsers reach `path` of Dovetail's by, such as `/app/auth/login`."""
    return prefix.below(of(current_app).path(path))


def add(app: Flask, path: str, endpoint: str, view: Callable[..., Any], **options: Any) -> None:
    """Add a route of Dovetail's to `app`, with the options of `Flask.add_url_rule`."""
    routes = of(app)
    for host in routes.hosts:
        app.add_url_rule(routes.path(path), endpoint, view, host=host, **options)


class OwnBlueprint(Blueprint):
    """A blueprint of Dovetail's: the app that registers it says where its routes are."""

    def make_setup_state(
        self, app: Any, options: dict[str, Any], first_registration: bool = False
    ) -> BlueprintSetupState:
        """See `Blueprint.make_setup_state`."""
        return _SetupState(self, app, options, first_registration)


class _SetupState(BlueprintSetupState):
    """The registration of an `OwnBlueprint` on one app."""

    def add_url_rule(
        self,
        rule: str,
        endpoint: str | None = None,
        view_func: Callable[..., Any] | None = None,
        **options: Any,
    ) -> None:
        """See `BlueprintSetupState.add_url_rule`."""
        routes = of(self.app)  # type: ignore[arg-type]
        path = routes.path(f"{self.blueprint.url_prefix or ''}{rule}")
        self.url_prefix = None  # the path has it
        for host in routes.hosts:
            super().add_url_rule(path, endpoint, view_func, host=host, **options)
