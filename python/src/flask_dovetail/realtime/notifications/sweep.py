"""Delete notifications that are past their retention."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...core.sweeping import Swept

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..realtime import Realtime


def sweep(service: Realtime) -> Iterator[Swept]:
    """Delete old notifications, a batch at each step."""
    before = service.now() - service.settings.retention_seconds
    while forgotten := service.notifications.sweep(before=before):
        yield Swept(forgotten)
