"""The state of the contract of one app."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from flask import Flask

    from ..core.outages import Outages
    from .config import ContractSettings


@dataclass(frozen=True)
class ContractState:
    """The contract of one app at run time.

    Attributes:
        settings: as configured.
        request_id: returns the id of the current request, or None.
        outages: knows which exceptions mean that a store is out of reach, and reports them.
        security_schemes: OpenAPI security scheme objects by name; any of them signs a caller in.
        checks: run before each operation reads its input; each raises what it refuses. A decorator
            may hide from the hooks of a request that its view is an operation.
    """

    settings: ContractSettings
    request_id: Callable[[], str | None]
    outages: Outages
    security_schemes: Mapping[str, Mapping[str, Any]]
    checks: list[Callable[[], None]] = field(default_factory=list)

    def checks_responses(self, app: Flask) -> bool:
        """Return the setting, else whether the app is in debug or testing now.

        Asked for each answer: tests and `app.run(debug=True)` set that after `init_app`.
        """
        own = self.settings.check_responses
        if own is not None:
            return own
        config = app.config
        return bool(config["TESTING"] or config["DEBUG"])
