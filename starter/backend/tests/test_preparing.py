"""What has to be there before the app is served, and the environment that it is read from."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from app import create_app, demo
from app.auth import by_email
from app.config import from_environment
from app.database import alembic, db, engine_options
from app.models import Post, User
from starter_support.settings import PASSWORD, settings_for
from starter_support.visitor import Visitor


def prepare(app: Flask) -> str:
    outcome = app.test_cli_runner().invoke(args=["prepare"])
    assert outcome.exit_code == 0, outcome.output
    return outcome.output


def test_preparing_again_changes_nothing(app: Flask) -> None:
    with app.app_context():
        db.session.delete(db.session.scalars(select(Post).limit(1)).one())
        db.session.commit()
    again = prepare(app)
    assert "Made demo people" not in again
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(User)) == 14
        assert db.session.scalar(select(func.count()).select_from(Post)) == 61


def test_a_password_that_somebody_has_stays(app: Flask, staff: Visitor, visitor: Visitor) -> None:
    """Whoever changed it, and whatever the demo password has become."""
    assert staff.put("/api/password", {"password": "a secret of my own"}).status_code == 204
    said = prepare(app)
    assert "Sign in as demo@example.com, password" in said
    assert "staff@example.com has another password" in said
    app.config["STARTER_DEMO_PASSWORD"] = "yet other words"
    assert "yet other words" not in prepare(app)
    visitor.sign_in("staff@example.com", "a secret of my own")


def test_demo_people_who_were_deleted_are_made_again(app: Flask, visitor: Visitor) -> None:
    with app.app_context():
        for email in demo.LOGINS:
            db.session.delete(by_email(email))
        db.session.commit()
        posts = db.session.scalar(select(func.count()).select_from(Post))
    assert "Made demo people" in prepare(app)
    visitor.sign_in("staff@example.com", app.config["STARTER_DEMO_PASSWORD"])
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(User)) == 14
        assert db.session.scalar(select(func.count()).select_from(Post)) == posts


@pytest.mark.parametrize("was_there", [False, True])
def test_only_the_owner_can_read_what_the_starter_keeps(
    prepared: Path, tmp_path: Path, was_there: bool
) -> None:
    """The database with its journal, the secrets and people's files; also what was there before."""
    folder = tmp_path / "var"
    if was_there:
        shutil.copytree(prepared, folder)
        for path in folder.rglob("*"):
            path.chmod(0o755 if path.is_dir() else 0o644)
    before = os.umask(0o022)
    try:
        app = create_app(settings_for(folder))
        prepare(app)
        visitor = Visitor(app).sign_in("demo@example.com", PASSWORD)
        assert visitor.upload(b"hello", "text/plain").status_code == 200
        made = [path for path in folder.rglob("*") if path.is_file()]
        names = {path.name for path in made}
        assert {"starter.sqlite3", "starter.sqlite3-wal", "secret-key"} <= names
        assert {path.name for path in made if path.stat().st_mode & 0o007} == set()
        journal = [path for path in made if path.name.startswith(("starter.sqlite3", "secret"))]
        assert {stat.S_IMODE(path.stat().st_mode) for path in journal} == {0o600}
        assert was_there or stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert (folder / "files").stat().st_mode & 0o007 == 0
    finally:
        os.umask(before)
        with app.app_context():
            db.engine.dispose()


def test_a_demo_password_is_made_once_where_none_is_given(tmp_path: Path) -> None:
    settings = from_environment({"STARTER_DATA_FOLDER": str(tmp_path)})
    app = create_app(settings | {"DOVETAIL_DELIVERY_SPA_FOLDER": None})
    first, second = prepare(app), prepare(app)
    password = (tmp_path / "demo-password").read_text()
    assert len(password) >= 12
    assert password in first
    assert password in second
    with app.app_context():
        db.engine.dispose()


def test_migrations_make_exactly_what_the_models_describe(app: Flask) -> None:
    with app.app_context():
        differences = [
            change
            for change in alembic.compare_metadata()
            if "dovetail_" not in str(change)  # Dovetail's own tables have migrations of their own
        ]
        assert differences == []


def test_a_secret_key_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    environ = {"STARTER_DATA_FOLDER": str(tmp_path)}
    made = from_environment(environ)["SECRET_KEY"]
    assert len(made) >= 40
    assert from_environment(environ)["SECRET_KEY"] == made
    assert stat.S_IMODE((tmp_path / "secret-key").stat().st_mode) == 0o600
    assert from_environment({**environ, "SECRET_KEY": "given"})["SECRET_KEY"] == "given"


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_a_postgresql_address_of_any_spelling_is_spoken_to_by_psycopg(scheme: str) -> None:
    url = engine_options(f"{scheme}://user:pass@db.example:5432/app")["url"]
    assert url.drivername == "postgresql+psycopg"
    assert (url.host, url.database, url.password) == ("db.example", "app", "pass")


def test_a_database_that_does_not_answer_is_one_clear_line(tmp_path: Path) -> None:
    settings = from_environment(
        {
            "STARTER_DATA_FOLDER": str(tmp_path),
            "DATABASE_URL": f"postgresql://secret:word@/x?host={tmp_path}",
        }
    )
    app = create_app(settings | {"DOVETAIL_DELIVERY_SPA_FOLDER": None})
    outcome = app.test_cli_runner().invoke(args=["prepare"])
    assert outcome.exit_code == 1
    assert "DATABASE_URL" in outcome.output
    assert "Traceback" not in outcome.output
    assert "word" not in outcome.output


def test_files_are_kept_beside_the_database_unless_the_environment_says_where(
    tmp_path: Path,
) -> None:
    environ = {"STARTER_DATA_FOLDER": str(tmp_path)}
    assert from_environment(environ)["DOVETAIL_FILES_FOLDER"] == str(tmp_path / "files")
    elsewhere = from_environment({**environ, "DOVETAIL_FILES_FOLDER": "/elsewhere"})
    assert elsewhere["DOVETAIL_FILES_FOLDER"] == "/elsewhere"


def test_valkey_takes_the_logins_where_its_address_is_given(tmp_path: Path) -> None:
    read = from_environment(
        {"STARTER_DATA_FOLDER": str(tmp_path), "VALKEY_URL": "valkey://127.0.0.1:6379/0"}
    )
    assert read["DOVETAIL_AUTH_SESSION_STORE"] == "valkey"
    assert read["DOVETAIL_VALKEY_URL"] == "valkey://127.0.0.1:6379/0"


def test_the_strategy_is_sessions_unless_the_environment_says_tokens(tmp_path: Path) -> None:
    environ = {"STARTER_DATA_FOLDER": str(tmp_path)}
    assert from_environment(environ)["DOVETAIL_AUTH_STRATEGY"] == "session"
    tokens = from_environment({**environ, "STARTER_AUTH": "token"})
    assert tokens["DOVETAIL_AUTH_STRATEGY"] == "token"
    assert tokens["DOVETAIL_AUTH_REVOCATION"] == "immediate"


def test_refresh_cookies_are_bound_to_keys_where_the_environment_says_so(tmp_path: Path) -> None:
    environ = {"STARTER_DATA_FOLDER": str(tmp_path), "STARTER_AUTH": "token"}
    page = {"DOVETAIL_DELIVERY_SPA_FOLDER": None}
    for value, bound in ((None, False), ("", False), ("false", False), ("true", True)):
        told = environ if value is None else {**environ, "STARTER_DPOP": value}
        client = create_app(from_environment(told) | page).test_client()
        assert ('"dpop":true' in client.get("/config.js").text) is bound


def test_a_strategy_that_is_none_stops_the_server_with_the_cure_and_no_traceback(
    tmp_path: Path,
) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "wsgi", "prepare"],
        cwd=Path(__file__).parents[1],
        env={**os.environ, "STARTER_DATA_FOLDER": str(tmp_path), "STARTER_AUTH": "tokens"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 1
    assert ran.stderr.splitlines() == [
        "STARTER_AUTH=tokens is no way to sign in.",
        "  key:  STARTER_AUTH",
        "  cure: Choose session or token.",
    ]


def test_settings_of_dovetail_come_from_the_environment_typed(tmp_path: Path) -> None:
    read = from_environment(
        {
            "STARTER_DATA_FOLDER": str(tmp_path),
            "PORT": "5005",
            "DOVETAIL_AUTH_IDLE_SECONDS": "60",
            "DOVETAIL_FRONTEND_ORIGINS": "https://a.example,https://b.example",
        }
    )
    assert read["DOVETAIL_API_ORIGIN"] == "http://localhost:5005"
    assert read["DOVETAIL_AUTH_IDLE_SECONDS"] == 60
    assert read["DOVETAIL_FRONTEND_ORIGINS"] == "https://a.example,https://b.example"
