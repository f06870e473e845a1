"""Dovetail's own tables, for whoever migrates by Python instead of `flask dovetail db upgrade`."""

from __future__ import annotations

from .storage.database import upgrade

__all__ = ["upgrade"]
