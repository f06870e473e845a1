"""What one app knows of its providers, and the list of them for its sign-in page."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from flask import Blueprint
from pydantic import BaseModel, Field

from ... import state
from ...contract.operation import operation

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy import Engine

    from .client import ProviderClient
    from .connections import Connections
    from .external import IdentifyExternal
    from .flow_cookie import FlowCookies

TAGS = ["auth"]


@dataclass(frozen=True)
class Providers:
    """The providers of one app.

    Attributes:
        clients: by name, in the order of the setting; empty where there are none.
        origins: of the frontends, the first one first.
    """

    clients: Mapping[str, ProviderClient]
    identify_external: IdentifyExternal | None
    engine: Callable[[], Engine]
    flows: FlowCookies
    api_origin: str
    origins: tuple[str, ...]
    sign_in_path: str

    @cached_property
    def connections(self) -> Connections:
        """The store; made at the first use, since its driver is slow to import."""
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


blueprint = Blueprint("dovetail_provider_list", __name__)


@blueprint.get("/auth/providers")
@operation(returns=ProviderItems, tags=TAGS)
def list_providers() -> ProviderItems:
    """The outside providers that people may sign in with. Empty where there are none."""
    kept = state.get(Providers)
    return ProviderItems(
        items=[
            ProviderItem(
                name=name,
                title=client.provider.title,
                url=f"{kept.api_origin}/auth/providers/{name}/start",
            )
            for name, client in kept.clients.items()
        ]
    )
