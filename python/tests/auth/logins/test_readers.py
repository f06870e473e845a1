"""Reading past SQLAlchemy leaves its connections as they were."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from sqlalchemy import create_engine
from sqlalchemy.exc import OperationalError

from flask_dovetail.auth.logins.readers import PsycopgReader, UnreadError


def test_reading_that_is_broken_off_leaves_nothing_in_the_pool(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A greenlet is ended so. In autocommit mode, the next transaction would not be one."""
    engine = create_engine(postgres_url, pool_size=1, max_overflow=0, pool_timeout=1)
    reader = PsycopgReader(engine)
    assert reader.row("SELECT ?::text", "a") == ("a",)
    fetch = psycopg.Cursor.fetchone

    def end(_cursor: Any) -> Any:
        monkeypatch.setattr(psycopg.Cursor, "fetchone", fetch)
        raise SystemExit

    monkeypatch.setattr(psycopg.Cursor, "fetchone", end)
    try:
        reader.row("SELECT ?::text", "b")
    except SystemExit as ended:
        kept = ended  # whoever reports it keeps the frames, and with them the connection
    with engine.connect() as connection:
        assert connection.connection.driver_connection.autocommit is False  # type: ignore[union-attr]
    assert kept is not None
    engine.dispose()


def test_server_that_does_not_answer_in_time_is_asked_once(postgres_url: str) -> None:
    """Asking another connection would take as long again."""
    options = {"options": "-c statement_timeout=700"}
    engine = create_engine(postgres_url, connect_args=options)
    with pytest.raises(OperationalError, match="statement timeout"):
        PsycopgReader(engine).row("SELECT pg_sleep(5)::text || ?", "a")
    engine.dispose()


def test_connection_that_was_lost_is_replaced_by_another(postgres_url: str) -> None:
    engine = create_engine(postgres_url)
    with pytest.raises(UnreadError):
        PsycopgReader(engine).row("SELECT pg_terminate_backend(pg_backend_pid())::text || ?", "a")
    engine.dispose()
