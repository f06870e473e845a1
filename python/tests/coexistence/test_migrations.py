"""Flask-Migrate and Flask-SQLAlchemy beside Dovetail's tables and migrations."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, abort
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import inspect

from flask_dovetail import Dovetail
from support.existing_app import ACCEPTED, Apps, check_password, load_user, same_for_all, sign_in
from support.paths import ROOT

pytestmark = [
    pytest.mark.long,
    pytest.mark.filterwarnings("ignore:'get_engine' is deprecated:DeprecationWarning"),
]

OURS = "dovetail_alembic_version"


@pytest.fixture(autouse=True)
def loggers_are_as_they_were() -> Iterator[None]:
    """The env.py of Flask-Migrate disables every logger of the process that it does not name."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    for logger in logging.Logger.manager.loggerDict.values():
        if isinstance(logger, logging.Logger):
            logger.disabled = False


class Notes:
    """An app with a database of its own, which both halves of it use."""

    def __init__(self) -> None:
        self.dbs: dict[str, SQLAlchemy] = {}

    def build(self, app: Flask) -> None:
        db = self.dbs[app.instance_path] = SQLAlchemy()
        app.config["SQLALCHEMY_DATABASE_URI"] = f"sqlite:///{app.instance_path}/app.sqlite3"

        class Note(db.Model):  # type: ignore[misc, name-defined]
            id = db.Column(db.Integer, primary_key=True)
            text = db.Column(db.String(100), nullable=False)

        db.init_app(app)
        Migrate(app, db, directory=f"{app.instance_path}/migrations")

        @app.post("/notes")
        def add() -> Any:
            db.session.add(Note(text="a"))
            db.session.commit()
            return {"notes": db.session.query(Note).count()}, 201

        @app.get("/notes/<int:number>")
        def read(number: int) -> Any:
            note = db.session.get(Note, number)
            return {"text": note.text} if note is not None else abort(404)

    def engine(self) -> Any:
        from flask import current_app

        return self.dbs[current_app.instance_path].engine

    def tables(self, app: Flask) -> set[str]:
        with app.app_context():
            return set(inspect(self.engine()).get_table_names())


def run(app: Flask, *args: str) -> str:
    result = app.test_cli_runner().invoke(args=list(args))
    assert result.exit_code == 0, result.output + repr(result.exception)
    return str(result.output)


def tell_what_is_not_its_own(app: Flask) -> None:
    """Write what docs/adopting.md shows into migrations/env.py."""
    page = (ROOT / "docs" / "adopting.md").read_text("utf-8")
    shown = re.search(r"```python\n(def include_name.*?)```", page, re.DOTALL)
    assert shown is not None
    assert "`include_name=include_name`" in page
    env = Path(app.instance_path) / "migrations" / "env.py"
    text = env.read_text("utf-8")
    assert "target_metadata=get_metadata()," in text
    text = text.replace(
        "target_metadata=get_metadata(),",
        "target_metadata=get_metadata(), include_name=include_name,",
    )
    env.write_text(text.replace("def get_engine():", f"{shown[1]}\n\ndef get_engine():"), "utf-8")


def built(apps: Apps) -> tuple[Notes, Flask, Flask]:
    notes = Notes()
    dovetail = Dovetail(authenticate=check_password, load_identity=load_user, engine=notes.engine)
    was, now = apps.build(notes.build, dovetail=dovetail)
    for app in (was, now):
        run(app, "db", "init")
        run(app, "db", "migrate")
        run(app, "db", "upgrade")
    run(now, "dovetail", "db", "upgrade")
    return notes, was, now


def versions(app: Flask) -> set[str]:
    return {path.name for path in (Path(app.instance_path) / "migrations/versions").glob("*.py")}


def test_the_app_keeps_its_answers_on_one_database(apps: Apps) -> None:
    _, was, now = built(apps)
    clients = (was.test_client(), now.test_client())
    for headers in ACCEPTED:
        same_for_all(*clients, [("POST", "/notes"), ("GET", "/notes/1")], headers=headers)
    same_for_all(*clients, [("GET", "/notes/99")], headers=ACCEPTED[1])
    sign_in(clients[1])
    same_for_all(*clients, [("POST", "/notes"), ("GET", "/notes/1")])


def test_both_migrate_one_database_with_the_three_lines_of_the_page(apps: Apps) -> None:
    notes, _, now = built(apps)
    ours = {name for name in notes.tables(now) if name.startswith("dovetail_")}
    assert {OURS, "dovetail_logins"} <= ours
    tell_what_is_not_its_own(now)
    first = versions(now)
    run(now, "db", "migrate")
    assert versions(now) == first  # nothing to do
    run(now, "dovetail", "db", "upgrade")
    run(now, "db", "downgrade")
    assert notes.tables(now) == {*ours, "alembic_version"}
    run(now, "db", "upgrade")
    assert notes.tables(now) == {*ours, "alembic_version", "note"}
    sign_in(now.test_client())


def test_without_them_a_migration_would_drop_our_tables(apps: Apps) -> None:
    """So the page has to show them."""
    _, _, now = built(apps)
    first = versions(now)
    run(now, "db", "migrate")
    (made,) = versions(now) - first
    text = (Path(now.instance_path) / "migrations/versions" / made).read_text("utf-8")
    assert "op.drop_table('dovetail_logins')" in text


def test_migrating_while_serving_disables_no_logger_with_the_line_of_the_page(
    apps: Apps,
) -> None:
    """Without it, the log ends at the first migration in the process."""
    _, _, now = built(apps)
    loggers = [logging.getLogger("flask_dovetail.access"), now.logger]
    assert all(logger.disabled for logger in loggers)
    for logger in loggers:
        logger.disabled = False
    env = Path(now.instance_path) / "migrations" / "env.py"
    page = (ROOT / "docs" / "adopting.md").read_text("utf-8")
    cure = "fileConfig(config.config_file_name, disable_existing_loggers=False)"
    assert f"`{cure}`" in page
    text = env.read_text("utf-8").replace("fileConfig(config.config_file_name)", cure)
    assert cure in text
    env.write_text(text, "utf-8")
    run(now, "db", "upgrade")
    assert not any(logger.disabled for logger in loggers)
