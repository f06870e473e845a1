"""The wire models of connecting and its list. Times are ISO 8601 in UTC."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - read by pydantic

from pydantic import BaseModel, Field


class Next(BaseModel, extra="forbid"):
    """Where the browser goes afterwards."""

    next: str = Field(
        default="/",
        description="A path on the first frontend origin, or an address on one of them.",
    )


class Away(BaseModel):
    """Where to send the browser."""

    url: str


class ConnectionItem(BaseModel):
    """One outside identity of an account."""

    id: str
    provider: str
    title: str
    connected_at: datetime


class ConnectionItems(BaseModel):
    """The outside identities of an account, the oldest first."""

    items: list[ConnectionItem]
