"""The settings of an app under test."""

from __future__ import annotations

from pathlib import Path

from app.config import from_environment

PASSWORD = "correct horse battery"
"""Of everybody who is there from the start."""


def settings_for(folder: Path, strategy: str = "session") -> dict[str, object]:
    return {
        **from_environment({"STARTER_DATA_FOLDER": str(folder), "STARTER_AUTH": strategy}),
        "TESTING": True,
        "STARTER_DEMO_PASSWORD": PASSWORD,
        "DOVETAIL_DELIVERY_SPA_FOLDER": None,
        "DOVETAIL_LOGS_FORMAT": "off",
    }
