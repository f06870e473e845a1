"""Sign in with an outside provider: OpenID Connect, or OAuth 2 with endpoints of its own.

The backend drives it: the provider's tokens never reach the browser, a log or a store. The guide is
`docs/providers.md`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...core import state, sweeping, wire
from ...core.encoding import derive_key
from ...core.errors import ConfigurationError
from ...server.bulkhead import Bulkhead
from ..authority import Auth
from . import config, listing
from .external import ExternalAccount, IdentifyExternal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from flask import Flask
    from sqlalchemy import Engine

    from ...topology import Topology

__all__ = ["ExternalAccount", "IdentifyExternal", "end_connections", "init_app"]


def init_app(
    app: Flask,
    *,
    topology: Topology,
    engine: Callable[[], Engine],
    secret_keys: Sequence[str | bytes],
    identify_external: IdentifyExternal | None,
) -> None:
    """Serve the list of providers, and the way to each of them and back.

    This is for apps that have people who sign in. Opens nothing and asks no provider.

    Raises:
        ConfigurationError: a provider, or the topology with it, cannot be safe or cannot work.
        MissingExtraError: the extra `oidc` is not installed.
    """
    read, configured = config.read(app.config)
    if configured and identify_external is None:
        raise ConfigurationError(
            f"{config.KEY} names a provider, but nothing says who an outside identity is.",
            key="Dovetail(identify_external=...)",
            cure="Give a function that makes an account for an ExternalAccount and returns its "
            "Identity; docs/providers.md has one.",
        )
    if configured and topology.relation == "cross-site":
        raise ConfigurationError(
            f"{config.KEY} cannot work while a frontend is on another site than the API: browsers "
            "keep the login that the API's callback begins apart from the frontend's requests.",
            key=config.KEY,
            cure="Serve the API and every frontend below one registrable domain.",
        )
    pages = dict.fromkeys((*topology.frontend_origins, *topology.ssr_origins))
    providers = listing.Providers(
        configured=configured,
        identify_external=identify_external,
        engine=engine,
        cookie=topology.cookie(wire.HEADERS["provider_cookie"]),
        keys=tuple(derive_key(key, b"dovetail provider flow v1") for key in secret_keys),
        api_origin=str(topology.api_origin),
        origins=tuple(map(str, pages)),
        sign_in_path=read.sign_in_path,
        exchanges=Bulkhead(
            "provider sign-ins",
            at_once=read.exchanges_max,
            waiting=read.exchanges_max,
            wait_seconds=2,
            leaves_room=True,
        ),
    )
    state.put(app, providers)
    app.register_blueprint(listing.blueprint)
    if configured:
        sweeping.of(app).register("provider claims", lambda: _sweep(app, providers))
        from . import routes

        app.register_blueprint(routes.blueprint)


def _sweep(app: Flask, providers: listing.Providers) -> Iterator[sweeping.Swept]:
    """Forget identities that somebody began to connect and never finished, a batch at each step."""
    from .connections import CLAIM_SECONDS

    before = state.get(Auth, app).now() - CLAIM_SECONDS * 10
    while forgotten := providers.connections.sweep(before=before, limit=sweeping.BATCH):
        yield sweeping.Swept(forgotten)


def end_connections(subject: str) -> int:
    """Forget the outside identities of `subject`: call it when the account is deleted.

    Returns:
        How many there were.
    """
    return state.get(listing.Providers).connections.end_all(subject)
