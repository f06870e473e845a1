"""Unix seconds as dates."""

from __future__ import annotations

from datetime import UTC, datetime


def utc(seconds: float) -> datetime:
    """Return the moment in UTC."""
    return datetime.fromtimestamp(seconds, UTC)


def utc_text(seconds: float) -> str:
    """Return the moment as RFC 3339 writes it, with `Z`: `2026-11-30T12:00:00Z`."""
    return utc(seconds).isoformat().replace("+00:00", "Z")
