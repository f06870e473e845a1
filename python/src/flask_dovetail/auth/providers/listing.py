"""The providers of one app, and the list of them for its sign-in page."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING

from pydantic import BaseModel, Field

from ...contract.operations import operation
from ...core import own_routes, prefix, state
from ...core.own_routes import OwnBlueprint

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy import Engine

    from ...server.bulkhead import Bulkhead
    from ...topology import CookieAttributes
    from .client import ProviderClient
    from .config import Provider
    from .connections import Connections
    from .external import IdentifyExternal
    from .flow_cookie import FlowCookies

TAGS = ["auth"]


@dataclass(frozen=True)
class Providers:
    """The providers of one app. The parts that talk to them are imported and made at first use.

    Attributes:
        configured: in the order of the setting; empty where there are none.
        cookie, keys: how the cookies of flows are set, and sealed.
        origins: of the frontends, the first one first.
        exchanges: bounds the threads that wait for a provider; the clients are addresses.
    """

    configured: tuple[Provider, ...]
    identify_external: IdentifyExternal | None
    engine: Callable[[], Engine]
    cookie: CookieAttributes
    keys: tuple[bytes, ...]
    api_origin: str
    origins: tuple[str, ...]
    sign_in_path: str
    exchanges: Bulkhead

    def address(self, name: str, step: str) -> str:
        """Return where the way to a provider begins ("start") or comes back ("callback")."""
        return self.api_origin + own_routes.address(f"/auth/providers/{name}/{step}")

    def page_prefix(self, origin: str) -> str:
        """Return the path that the page of `origin` is below: the app's, if it has its origin."""
        return prefix.prefix() if origin == self.api_origin else ""

    @cached_property
    def clients(self) -> Mapping[str, ProviderClient]:
        """Each provider's client by name; they cache what discovery says."""
        from .client import ProviderClient

        clients = {
            provider.name: ProviderClient(
                provider, partial(self.address, provider.name, "callback")
            )
            for provider in self.configured
        }
        # Threads that race for the first use all get the same clients: they share what discovery
        # says.
        shared: Mapping[str, ProviderClient] = self.__dict__.setdefault("clients", clients)
        return shared

    @cached_property
    def flows(self) -> FlowCookies:
        """The cookies of browsers that are away."""
        from .flow_cookie import FlowCookies

        return FlowCookies(self.cookie, self.keys)

    @cached_property
    def connections(self) -> Connections:
        """The table of which outside identity signs in to which account."""
        from .connections import Connections

        return Connections(self.engine)


class ProviderItem(BaseModel):
    """One provider, for a button on the sign-in page."""

    name: str
    title: str = Field(description="For people.")
    url: str = Field(description="Where to send the browser; append ?next= to say where it ends.")


class ProviderItems(BaseModel):
    """The providers that people may sign in with."""

    items: list[ProviderItem]


blueprint: OwnBlueprint = OwnBlueprint("dovetail_provider_list", __name__)


@blueprint.get("/auth/providers")
@operation(returns=ProviderItems, tags=TAGS)
def list_providers() -> ProviderItems:
    """The outside providers that people may sign in with. Empty where there are none."""
    providers = state.get(Providers)
    return ProviderItems(
        items=[
            ProviderItem(
                name=provider.name,
                title=provider.title,
                url=providers.address(provider.name, "start"),
            )
            for provider in providers.configured
        ]
    )
