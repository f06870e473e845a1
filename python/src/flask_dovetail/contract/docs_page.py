"""`GET /docs`: the document to read and to try."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask, *, enabled: bool) -> None:
    """Serve the page where it is wanted."""
