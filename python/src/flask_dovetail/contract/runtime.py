"""The state of the contract of one app."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ..core.outages import Outages
    from .config import ContractSettings


@dataclass(frozen=True)
class ContractState:
    """The contract of one app at run time.

    Attributes:
        settings: as configured.
        check_responses: resolved: the setting, else whether the app is in debug or testing.
        request_id: returns the id of the current request, or None.
        outages: knows which exceptions mean that a store is out of reach, and reports them.
        security_schemes: OpenAPI security scheme objects by name; any of them signs a caller in.
    """

    settings: ContractSettings
    check_responses: bool
    request_id: Callable[[], str | None]
    outages: Outages
    security_schemes: Mapping[str, Mapping[str, Any]]
