"""Write docs/configuration.md and docs/limits.md from the declared settings.

`--check` writes nothing, and fails when one of them is stale.
"""

from __future__ import annotations

import sys
from pathlib import Path

from flask_dovetail.auth.config import AuthSettings
from flask_dovetail.auth.providers.config import ProviderSettings
from flask_dovetail.auth.tokens.config import TokenSettings
from flask_dovetail.contract.config import ContractSettings
from flask_dovetail.core.outages import OutageSettings
from flask_dovetail.core.own_routes import RoutesSettings
from flask_dovetail.core.settings import document
from flask_dovetail.core.sweeping import SweepSettings
from flask_dovetail.delivery.config import DeliverySettings
from flask_dovetail.files.config import FileSettings
from flask_dovetail.realtime.config import RealtimeSettings
from flask_dovetail.server.config import ServerSettings
from flask_dovetail.server.cors import CorsSettings
from flask_dovetail.storage.database import DatabaseSettings
from flask_dovetail.storage.valkey import ValkeySettings
from flask_dovetail.telemetry.config import LogsSettings
from flask_dovetail.topology.config import TopologySettings

DOCS = Path(__file__).parents[1] / "docs"
FEATURES = {
    "Topology": TopologySettings,
    "Own routes": RoutesSettings,
    "Serving": ServerSettings,
    "CORS": CorsSettings,
    "Contract": ContractSettings,
    "Login authority": AuthSettings,
    "Tokens": TokenSettings,
    "Outside providers": ProviderSettings,
    "Database": DatabaseSettings,
    "Valkey": ValkeySettings,
    "Delivery": DeliverySettings,
    "Files": FileSettings,
    "Realtime": RealtimeSettings,
    "Sweeping": SweepSettings,
    "Logs": LogsSettings,
    "Outages": OutageSettings,
}
INTRODUCTION = """# Configuration

Dovetail reads every key of this page once, at `init_app`; a wrong value stops the app with the key
and the cure. Set the keys in `app.config`, or in the environment as `FLASK_DOVETAIL_…` for
`app.config.from_prefixed_env()`, which reads values as JSON where it can (`"1.10"` in quotes is
text).
Flask's own `SECRET_KEY` is required; `SECRET_KEY_FALLBACKS` and `MAX_CONTENT_LENGTH` are honoured.

This page is generated: `make contract` writes it.
"""

LIMITS_INTRODUCTION = """# Limits

Everything that a stranger could make the server do without end has a bound. The tables list each
bound, the key that changes it, and the answer beyond it. Every 429 and 503 carries `Retry-After`.
Flask's own `MAX_CONTENT_LENGTH` bounds request bodies (413 `PAYLOAD_TOO_LARGE`); set it. Without
it, 1 MiB holds for the bodies of operations, and for forms in which a CSRF token is looked for.

This page is generated: `make contract` writes it. A test holds each row.
"""


def configuration() -> str:
    """The page of all keys."""
    parts = [INTRODUCTION]
    for title, kind in FEATURES.items():
        rows = [f"| `{row.key}` | {_code(row.default)} | {row.doc} |" for row in document(kind)]
        parts.append(
            f"## {title}\n\n| key | default | meaning |\n|---|---|---|\n" + "\n".join(rows)
        )
    return "\n".join(part.rstrip() + "\n" for part in parts)


def limits() -> str:
    """The page of the keys that bound what strangers can do."""
    parts = [LIMITS_INTRODUCTION]
    for title, kind in FEATURES.items():
        rows = [
            f"| `{row.key}` | {_code(row.default)} | {row.unit} | {row.doc} | {row.beyond} |"
            for row in document(kind)
            if row.beyond is not None
        ]
        if rows:
            head = "| key | default | unit | meaning | beyond it |\n|---|---|---|---|---|\n"
            parts.append(f"## {title}\n\n{head}" + "\n".join(rows))
    return "\n".join(part.rstrip() + "\n" for part in parts)


def _code(default: str) -> str:
    """As code, unless it is words that have code in them."""
    return default if "`" in default else f"`{default}`"


if __name__ == "__main__":
    pages = {DOCS / "configuration.md": configuration(), DOCS / "limits.md": limits()}
    for path, text in pages.items():
        if "--check" not in sys.argv:
            path.write_text(text, "utf-8")
        elif not path.exists() or path.read_text("utf-8") != text:
            sys.exit(f"docs/{path.name} is stale: run `make contract` and commit it.")
