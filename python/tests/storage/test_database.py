"""The engine that Dovetail's rows are on, and how its tables come to be."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from flask import Flask
from sqlalchemy import Engine, create_engine, inspect, text
from sqlalchemy.exc import OperationalError

from flask_dovetail.auth.logins.tables import metadata
from flask_dovetail.core import state
from flask_dovetail.core.errors import ConfigurationError
from flask_dovetail.storage import database
from flask_dovetail.storage.given_engine import given_engine


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    made = create_engine(url)
    yield made
    made.dispose()


def an_app(folder: Path, **config: Any) -> tuple[Flask, Callable[[], Engine]]:
    app = Flask("an_app", instance_path=str(folder))
    app.config.update(config)
    app.extensions[state.KEY] = state.State()
    return app, database.init_app(app, None)


def differences(engine: Engine) -> list[Any]:
    def ours(name: str | None, kind: str, _parents: object) -> bool:
        return kind != "table" or str(name) in metadata.tables

    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"include_name": ours, "compare_type": True}
        )
        return list(compare_metadata(context, metadata))


def test_the_migrations_make_the_tables_that_the_code_uses(engine: Engine) -> None:
    assert differences(engine)
    database.upgrade(engine)
    assert differences(engine) == []
    database.upgrade(engine)
    assert differences(engine) == []


def test_upgrading_leaves_the_applications_tables_and_versions_alone(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32))"))
        connection.execute(text("INSERT INTO alembic_version VALUES ('theirs')"))
        connection.execute(text("CREATE TABLE posts (id INTEGER PRIMARY KEY)"))
    database.upgrade(engine)
    with engine.connect() as connection:
        assert connection.scalars(text("SELECT version_num FROM alembic_version")).all() == [
            "theirs"
        ]
    assert inspect(engine).has_table("posts")


def test_an_alembic_ini_of_the_applications_runs_them_too(url: str, engine: Engine) -> None:
    config = Config()
    config.set_main_option("script_location", "flask_dovetail:migrations")
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    command.upgrade(config, "head")
    assert differences(engine) == []
    command.downgrade(config, "base")
    assert not inspect(engine).has_table("dovetail_logins")


def test_the_migrations_can_be_written_out_as_sql(capsys: pytest.CaptureFixture[str]) -> None:
    config = Config()
    config.set_main_option("script_location", "flask_dovetail:migrations")
    config.set_main_option("sqlalchemy.url", "postgresql+psycopg://")
    command.upgrade(config, "head", sql=True)
    assert "CREATE TABLE dovetail_logins" in capsys.readouterr().out


def test_threads_that_upgrade_at_once_do_not_collide(engine: Engine) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: database.upgrade(engine), range(4)))
    assert differences(engine) == []


def test_processes_that_start_at_once_upgrade_once(url: str, engine: Engine) -> None:
    program = (
        "import sys; from sqlalchemy import create_engine;"
        "from flask_dovetail.database import upgrade; upgrade(create_engine(sys.argv[1]))"
    )
    others = [subprocess.Popen([sys.executable, "-c", program, url]) for _ in range(3)]
    assert [other.wait(60) for other in others] == [0, 0, 0]
    assert differences(engine) == []


def test_the_embedded_database_is_made_and_migrated_when_first_asked_for(tmp_path: Path) -> None:
    folder = tmp_path / "instance"
    app, engine = an_app(folder)
    assert not folder.exists()
    try:
        with app.app_context():
            assert differences(engine()) == []
            assert engine() is engine()
        assert (folder / "dovetail.sqlite3").exists()
        with engine().connect() as connection:
            for pragma, value in (("journal_mode", "wal"), ("busy_timeout", 2500)):
                assert connection.execute(text(f"PRAGMA {pragma}")).scalar() == value
    finally:
        engine().dispose()


def test_a_database_that_was_named_is_not_migrated_without_being_asked(
    tmp_path: Path, url: str
) -> None:
    app, engine = an_app(tmp_path / "instance", DOVETAIL_DATABASE_URL=url)
    with app.app_context():
        assert not inspect(engine()).has_table("dovetail_logins")
        with pytest.raises(Exception, match="dovetail_alembic_version"):
            database.checks(engine)["database"]()
        database.upgrade(engine())
        database.checks(engine)["database"]()
    assert not (tmp_path / "instance").exists()
    engine().dispose()


def test_an_engine_that_is_given_is_the_one_whose_database_is_used(
    tmp_path: Path, engine: Engine
) -> None:
    app = Flask("given", instance_path=str(tmp_path))
    app.config["DOVETAIL_DATABASE_URL"] = "not read"
    app.extensions[state.KEY] = state.State()
    own = database.init_app(app, lambda: engine)()
    assert given_engine(own) is engine
    assert own.url == engine.url


@pytest.mark.parametrize(
    "wrong", ["postgres://h/db", "nodriver+x://h/db", "postgresql+pg8000://h/d"]
)
def test_a_url_that_cannot_be_used_says_so_without_its_password(tmp_path: Path, wrong: str) -> None:
    app, engine = an_app(tmp_path, DOVETAIL_DATABASE_URL=wrong.replace("://", "://u:hunter2@"))
    with app.app_context(), pytest.raises(ConfigurationError) as refused:
        engine()
    assert refused.value.key == "DOVETAIL_DATABASE_URL"
    assert "hunter2" not in str(refused.value)


FORKING = """
import os, sys
from flask import Flask
from flask_dovetail.auth.logins.sql import SqlLogins
from flask_dovetail.core import state
from flask_dovetail.storage import database
from flask_dovetail.storage.given_engine import given_engine

app = Flask("forking", instance_path=sys.argv[1])
app.extensions[state.KEY] = state.State()
engine = database.init_app(app, None)
logins = SqlLogins(engine, idle_seconds=60, refresh_idle_seconds=60)
logins.find("none yet")
before, connection = engine(), logins._reader._local.value.connection
child = os.fork()
if child == 0:
    logins.find("none yet")
    apart = engine() is not before and logins._reader._local.value.connection is not connection
    sys.exit(0 if apart else 1)
assert os.waitpid(child, 0)[1] == 0
logins.find("none yet")
assert engine() is before and logins._reader._local.value.connection is connection
"""


def test_a_forked_process_opens_connections_of_its_own(tmp_path: Path) -> None:
    """gunicorn --preload: SQLite forbids the use of a connection after a fork."""
    done = subprocess.run([sys.executable, "-c", FORKING, tmp_path], check=False)
    assert done.returncode == 0


@pytest.mark.parametrize("given", [True, False])
def test_an_error_of_its_own_engine_quotes_no_row(tmp_path: Path, given: bool) -> None:
    config = {"DOVETAIL_DATABASE_URL": f"sqlite:///{tmp_path}/other.sqlite3"} if given else {}
    _, engine = an_app(tmp_path, **config)
    with engine().connect() as connection, pytest.raises(OperationalError) as failed:
        connection.execute(text("INSERT INTO nowhere VALUES (:value)"), {"value": "hunter2"})
    assert "hunter2" not in str(failed.value)
    engine().dispose()
