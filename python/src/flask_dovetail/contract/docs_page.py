"""`GET /docs`: the document to read and to try."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask


def init_app(app: Flask, *, enabled: bool) -> None:
    """Serve the page where it is wanted."""
