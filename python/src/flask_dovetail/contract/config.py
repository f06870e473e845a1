"""The contract's settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..core.settings import setting


@dataclass(frozen=True)
class ContractSettings:
    """The description of the document, and how strictly answers are checked against it."""

    title: str | None = setting(
        "DOVETAIL_CONTRACT_TITLE",
        default=None,
        shown="the app's name",
        doc="`info.title` of the OpenAPI document.",
    )
    version: str = setting(
        "DOVETAIL_CONTRACT_VERSION", default="1", doc="`info.version` of the OpenAPI document."
    )
    description: str | None = setting(
        "DOVETAIL_CONTRACT_DESCRIPTION",
        default=None,
        doc="`info.description` of the OpenAPI document, in Markdown.",
    )
    check_responses: bool | None = setting(
        "DOVETAIL_CONTRACT_CHECK_RESPONSES",
        default=None,
        shown="true when debug or testing",
        doc="Check every answer against its operation; an answer that contradicts it is an error.",
    )
    docs: bool = setting(
        "DOVETAIL_CONTRACT_DOCS", default=True, doc="Serve the interactive page at `/docs`."
    )
    problems: Literal["accept", "own", "all"] = setting(
        "DOVETAIL_CONTRACT_PROBLEMS",
        default="accept",
        doc="Which errors are problem+json. Those of Dovetail's own views (its routes, and views "
        "with `@operation` or `@signed_in`) always are. Others: `accept`, unless the client "
        "prefers HTML or the app has a handler; `own`, never; `all`, unless the app has a handler.",
    )
