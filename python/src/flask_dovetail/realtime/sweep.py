"""Forgetting notifications that are older than they are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .service import Realtime


def sweep(service: Realtime) -> int:
    """How many were forgotten. Safe in several processes at once."""
    before = service.now() - service.settings.retention_seconds
    swept = 0
    while some := service.notifications.sweep(before=before):
        swept += some
    return swept
