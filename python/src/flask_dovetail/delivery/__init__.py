"""Serve the built page, its files and its runtime configuration, with the right cache lifetimes."""

from __future__ import annotations

from .routes import init_app

__all__ = ["init_app"]
