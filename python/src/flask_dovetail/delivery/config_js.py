"""`/config.js`: the backend's values for the page, so one build serves every environment.

Its twin, which reads it, is `typescript/src/delivery/config.ts`. It is the same for everybody:
nothing in it depends on the login (ASVS 5.0, 3.5.7), and only values of an allow-list are in it.
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..core import wire
from ..core.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..topology import Topology
    from .config import DeliverySettings

KEY = "DOVETAIL_DELIVERY_PUBLIC_CONFIG"
PATH: str = wire.load("delivery")["config_path"]
NO_BUILD = "none"

_GLOBAL: str = wire.HEADERS["app_config_global"]
_SECRET = re.compile(r"SECRET|PASSWORD|PASSWD|PRIVATE|CREDENTIAL|(^|_)(PASS|PWD|SALT)(_|$)")
_SENSITIVE = re.compile(r"(^|_)(KEY|TOKEN|DATABASE|DB|SQLALCHEMY|VALKEY|REDIS|BROKER)S?(_|$)")
_PUBLIC = re.compile(r"(^|_)(PUBLIC|PUBLISHABLE)(_|$)")
_DSN = re.compile(r"(^|_)DSN(_|$)")
_PUBLIC_DSN = re.compile(
    r"https://[^/\s\"@:]+@[^/\s\"@]+/\S+"
)  # Sentry's: a public key, no password
_URL_PASSWORD = re.compile(r"://[^/\s\"@]*:[^/\s\"@]+@")


def public_values(config: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    """Return the allow-listed part of `app.config`.

    Raises:
        ConfigurationError: a name is absent or looks like a secret's, or a value is not JSON or
            carries a password.
    """
    return {name: _checked(name, config) for name in names}


def render(
    settings: DeliverySettings,
    topology: Topology,
    config: Mapping[str, Any],
    *,
    auth_strategy: str,
    dpop: bool,
    build_id: str,
    api_prefix: str = "",
    routes_prefix: str = "",
) -> str:
    """Return the script: one assignment of a frozen object, with plain JSON as its argument.

    Where the page's policy demands Trusted Types, a second statement lets the page start workers.
    """
    proxied = settings.dev_server is not None or topology.relation == "same-origin"
    content = {
        "apiOrigin": "" if proxied else str(topology.api_origin),
        **({"apiPrefix": api_prefix} if api_prefix else {}),
        **({"routesPrefix": routes_prefix} if routes_prefix else {}),
        "authStrategy": auth_strategy,
        **({"dpop": True} if dpop else {}),
        "buildId": build_id,
        "public": public_values(config, settings.public_config),
    }
    # ASCII leaves no U+2028; without <, > and & nothing can end or open a tag when inlined.
    text = json.dumps(content, separators=(",", ":"))
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    workers = _trusted_workers() if settings.trusted_types else ""
    return f"window.{_GLOBAL} = Object.freeze({text});\n{workers}"


def _looks_secret(upper: str, value: Any) -> bool:
    """Return whether a name is a secret's.

    `DSN` is a database's with some people and an error tracker's with others, where it is public
    by design: the value tells.
    """
    if _SECRET.search(upper):
        return True
    if _PUBLIC.search(upper):
        return False
    is_private_dsn = bool(_DSN.search(upper)) and not (
        value in (None, "") or (isinstance(value, str) and _PUBLIC_DSN.fullmatch(value))
    )
    return is_private_dsn or bool(_SENSITIVE.search(upper))


@cache
def _trusted_workers() -> str:
    """Return the statement without its comments and indentation."""
    text = Path(__file__).with_name("trusted_workers.js").read_text("utf-8")
    lines = [line.strip() for line in text.splitlines()]
    return "".join(f"{line}\n" for line in lines if not line.startswith("//"))


def _checked(name: str, config: Mapping[str, Any]) -> Any:
    if _looks_secret(name.upper(), config.get(name)):
        raise ConfigurationError(
            f"{KEY} lists {name}, which looks like a secret; /config.js is readable by everybody.",
            key=KEY,
            cure=f"Take {name} off the list. If the value really is public, say so in its name, "
            "with the word PUBLIC or PUBLISHABLE.",
        )
    if name not in config:
        raise ConfigurationError(
            f"{KEY} lists {name}, which is not set.",
            key=KEY,
            cure=f'Set app.config["{name}"] before init_app, or take it off the list.',
        )
    try:
        text = json.dumps(config[name], allow_nan=False)
    except (TypeError, ValueError):
        raise ConfigurationError(
            f"{KEY} lists {name}, whose value cannot be written as JSON.",
            key=KEY,
            cure="Use strings, numbers, booleans, None, lists and dicts.",
        ) from None
    if _URL_PASSWORD.search(text):
        raise ConfigurationError(
            f"{KEY} lists {name}, whose value holds a URL with a password.",
            key=KEY,
            cure=f"Take {name} off the list, or publish the address without its password.",
        )
    return config[name]
