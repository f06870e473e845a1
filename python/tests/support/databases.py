"""Databases with our tables."""

from __future__ import annotations

import io
import shutil
import tempfile
from contextlib import redirect_stdout
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, make_url

from flask_dovetail.database import upgrade


def migrate(url: str) -> None:
    """Make our tables in the new database at `url`.

    The migrations run once in each process: after that, their result is copied.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        path = Path(parsed.database or "")
        if path.exists() and path.stat().st_size:
            _upgrade(url)
        else:
            path.write_bytes(_migrated_file())
        return
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql(_statements())
    engine.dispose()


def _upgrade(url: str) -> None:
    engine = create_engine(url)
    upgrade(engine)
    engine.dispose()


@cache
def _migrated_file() -> bytes:
    folder = Path(tempfile.mkdtemp())
    path = folder / "dovetail.sqlite3"
    _upgrade(f"sqlite:///{path}")
    content = path.read_bytes()
    shutil.rmtree(folder)
    return content


@cache
def _statements() -> str:
    """Return the migrations as one script for PostgreSQL."""
    config = Config(output_buffer=(script := io.StringIO()))
    config.set_main_option("script_location", "flask_dovetail:migrations")
    config.set_main_option("sqlalchemy.url", "postgresql+psycopg://")
    with redirect_stdout(io.StringIO()):
        command.upgrade(config, "head", sql=True)
    return script.getvalue().replace("BEGIN;", "").replace("COMMIT;", "")
