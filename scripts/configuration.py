"""Write docs/configuration.md from the declared settings; `--check` fails when it is stale."""

from __future__ import annotations

import sys
from pathlib import Path

from flask_dovetail.auth.config import AuthSettings
from flask_dovetail.auth.providers.config import ProviderSettings
from flask_dovetail.auth.tokens.config import TokenSettings
from flask_dovetail.contract.config import ContractSettings
from flask_dovetail.delivery.config import DeliverySettings
from flask_dovetail.files.config import FileSettings
from flask_dovetail.realtime.config import RealtimeSettings
from flask_dovetail.server.cors import CorsSettings
from flask_dovetail.server.database import DatabaseSettings
from flask_dovetail.server.valkey import ValkeySettings
from flask_dovetail.settings import document
from flask_dovetail.telemetry.config import LogsSettings
from flask_dovetail.topology.config import TopologySettings

PAGE = Path(__file__).parents[1] / "docs" / "configuration.md"
FEATURES = {
    "Topology": TopologySettings,
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
    "Logs": LogsSettings,
}
INTRODUCTION = """# Configuration

Every key that Dovetail reads, once, at `init_app`. Set them in `app.config`, or in the environment
as `FLASK_DOVETAIL_…` for `app.config.from_prefixed_env()`, which reads values as JSON where it can
(`"1.10"` in quotes is text). A wrong value stops the app with the key and the cure.
Flask's own `SECRET_KEY` is required; `SECRET_KEY_FALLBACKS` and `MAX_CONTENT_LENGTH` are honoured.

This page is generated: `make contract` writes it.
"""


def page() -> str:
    parts = [INTRODUCTION]
    for title, kind in FEATURES.items():
        rows = [f"| `{row.key}` | {_code(row.default)} | {row.doc} |" for row in document(kind)]
        parts.append(
            f"## {title}\n\n| key | default | meaning |\n|---|---|---|\n" + "\n".join(rows)
        )
    return "\n".join(part.rstrip() + "\n" for part in parts)


def _code(default: str) -> str:
    """As code, unless it is words that have code in them."""
    return default if "`" in default else f"`{default}`"


if __name__ == "__main__":
    if "--check" not in sys.argv:
        PAGE.write_text(page(), "utf-8")
    elif not PAGE.exists() or PAGE.read_text("utf-8") != page():
        sys.exit("docs/configuration.md is stale: run `make contract` and commit it.")
