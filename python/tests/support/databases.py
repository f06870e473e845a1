"""Databases with our tables."""

from __future__ import annotations

from sqlalchemy import create_engine

from flask_dovetail.database import upgrade


def migrate(url: str) -> None:
    """Make our tables in the database at `url`."""
    engine = create_engine(url)
    upgrade(engine)
    engine.dispose()
