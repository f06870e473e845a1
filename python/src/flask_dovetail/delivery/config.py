"""The `DOVETAIL_DELIVERY_*` keys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..core import wire
from ..core.settings import setting

_API_PREFIXES: tuple[str, ...] = tuple(wire.load("delivery")["api_prefixes"])


@dataclass(frozen=True)
class DeliverySettings:
    """The settings of serving the frontend."""

    spa_folder: str | None = setting(
        "DOVETAIL_DELIVERY_SPA_FOLDER",
        default=None,
        doc="The folder that `vite build` wrote, served by Flask. Absolute, or relative to the "
        "application's root path. Unset: Flask serves no page.",
    )
    dev_server: str | None = setting(
        "DOVETAIL_DELIVERY_DEV_SERVER",
        default=None,
        doc="Development only: the origin of Vite's server on this machine, such as "
        "`http://localhost:5173`. Page addresses are redirected there; the folder is not used.",
    )
    api_prefixes: tuple[str, ...] = setting(
        "DOVETAIL_DELIVERY_API_PREFIXES",
        default=_API_PREFIXES,
        shown=", ".join(_API_PREFIXES),
        doc="Paths that belong to the server: an unknown path below them is a 404, never the page.",
    )
    public_config: tuple[str, ...] = setting(
        "DOVETAIL_DELIVERY_PUBLIC_CONFIG",
        default=(),
        doc="Names of `app.config` keys that everybody may read, in `/config.js`.",
    )
    csp_extra: tuple[str, ...] = setting(
        "DOVETAIL_DELIVERY_CSP_EXTRA",
        default=(),
        doc="Sources that the page needs beyond its own, one directive in each item: `img-src "
        "https://images.example.com`.",
    )
    trusted_types: bool = setting(
        "DOVETAIL_DELIVERY_TRUSTED_TYPES",
        default=True,
        doc="Send `require-trusted-types-for 'script'` with the page. Turn it off for libraries "
        "that write strings to `innerHTML`.",
    )
    headers: Literal["all", "own"] = setting(
        "DOVETAIL_DELIVERY_HEADERS",
        default="all",
        doc="The answers that are given the security headers they lack: `all`, or those of "
        "Dovetail's `own` views, which are its routes, its page and views with `@operation` or "
        "`@signed_in`.",
    )
    hsts_seconds: int = setting(
        "DOVETAIL_DELIVERY_HSTS_SECONDS",
        within=(0, 63_072_000),
        default=63_072_000,
        doc="How long browsers open this host by https only (`Strict-Transport-Security`, sent "
        "where the API's origin has https). 0: not sent.",
    )
    hsts_subdomains: bool = setting(
        "DOVETAIL_DELIVERY_HSTS_SUBDOMAINS",
        default=True,
        doc="Whether that holds for all subdomains of this host, too.",
    )
