"""Dovetail's own tables, for apps that migrate in Python, not by `flask dovetail db upgrade`."""

from __future__ import annotations

from .storage.database import upgrade

__all__ = ["upgrade"]
