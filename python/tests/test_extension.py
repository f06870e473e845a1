"""`Dovetail.init_app`: once per app, many apps per process, nothing heavy imported."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import create_engine

import flask_dovetail
from flask_dovetail import (
    ConfigurationError,
    Credentials,
    Dovetail,
    DovetailError,
    Identity,
    csrf_exempt,
    operation,
)
from flask_dovetail.core.state import get
from flask_dovetail.database import upgrade
from flask_dovetail.topology import Topology
from support.whole_app import make_whole_app

SECRET = "a secret of at least thirty-two bytes"


def nobody(credentials: Credentials) -> Identity | None:
    return None


def make_app(tmp_path: Path, dovetail: Dovetail | None = None, **config: Any) -> Flask:
    dovetail = dovetail or Dovetail(authenticate=nobody, load_identity=Identity)
    return make_whole_app(tmp_path, dovetail, SECRET_KEY=SECRET, TESTING=True, **config)


def test_the_public_names_are_pinned() -> None:
    assert sorted(flask_dovetail.__all__) == [
        "Bulkhead",
        "ConfigurationError",
        "Credentials",
        "Cursor",
        "DeclarationError",
        "Dovetail",
        "DovetailError",
        "Event",
        "ExternalAccount",
        "File",
        "FilePolicy",
        "Identity",
        "Login",
        "MissingExtraError",
        "Namespace",
        "Page",
        "PageQuery",
        "Problem",
        "SecurityScheme",
        "Topology",
        "Upload",
        "address_key",
        "begin_login",
        "build_document",
        "content_url",
        "csrf_exempt",
        "csrf_token",
        "current_identity",
        "current_login",
        "current_request_id",
        "delete_file",
        "end_connections",
        "end_logins",
        "engine_options",
        "find_file",
        "is_outage",
        "list_logins",
        "notify",
        "open_file",
        "operation",
        "password_checks",
        "refresh_reused",
        "rotate_login",
        "signed_in",
        "store_file",
    ]
    for name in flask_dovetail.__all__:
        assert getattr(flask_dovetail, name) is not None


def test_a_second_init_app_on_one_app_is_refused(tmp_path: Path) -> None:
    app = make_app(tmp_path)
    with pytest.raises(DovetailError, match="once per app"):
        Dovetail().init_app(app)


def test_one_extension_serves_two_apps_that_are_configured_apart(tmp_path: Path) -> None:
    dovetail = Dovetail(authenticate=nobody, load_identity=Identity)
    far = make_app(
        tmp_path / "far",
        dovetail,
        DOVETAIL_API_ORIGIN="https://api.example.com",
        DOVETAIL_FRONTEND_ORIGINS=["https://app.example.com"],
    )
    near = make_app(tmp_path / "near", dovetail, DOVETAIL_API_ORIGIN="http://localhost:5000")

    assert get(Topology, far).relation == "same-site"
    assert get(Topology, near).relation == "same-origin"
    origin = {"Origin": "https://app.example.com"}
    allowed = far.test_client().get("/healthz", headers=origin)
    refused = near.test_client().get("/healthz", headers=origin)
    assert allowed.headers["Access-Control-Allow-Origin"] == "https://app.example.com"
    assert "Access-Control-Allow-Origin" not in refused.headers


def test_nothing_can_be_kept_after_init_app(tmp_path: Path) -> None:
    app = make_app(tmp_path)
    with pytest.raises(DovetailError, match="frozen"):
        app.extensions["dovetail"].put("late")


def test_an_app_without_dovetail_is_told_what_to_call() -> None:
    with pytest.raises(DovetailError, match="init_app"):
        get(Topology, Flask("plain"))


def test_an_app_without_a_secret_is_refused_with_the_key_and_the_cure(tmp_path: Path) -> None:
    app = Flask("example", instance_path=str(tmp_path))
    with pytest.raises(ConfigurationError) as caught:
        Dovetail().init_app(app)
    assert caught.value.key == "SECRET_KEY"
    assert caught.value.cure


def test_the_command_line_says_what_was_derived_and_why(tmp_path: Path) -> None:
    app = make_app(
        tmp_path,
        DOVETAIL_API_ORIGIN="https://api.example.com",
        DOVETAIL_FRONTEND_ORIGINS=["https://app.example.com"],
    )
    told = app.test_cli_runner().invoke(args=["dovetail", "topology"])
    assert told.exit_code == 0, told.output
    assert "same-site" in told.output
    assert "__Host-sid" in told.output


def test_the_document_says_where_the_origin_and_csrf_checks_stand(tmp_path: Path) -> None:
    """Before every unsafe operation, guarded or not; never before a view that is exempt."""
    app = make_app(tmp_path)

    @app.post("/api/votes")
    @operation()
    def vote() -> None: ...

    @app.post("/api/hooks")
    @csrf_exempt
    @operation()
    def receive() -> None: ...

    paths = app.test_client().get("/openapi.json").json["paths"]
    assert "403" in paths["/api/votes"]["post"]["responses"]
    assert "403" not in paths["/api/hooks"]["post"]["responses"]
    evil = {"Origin": "https://evil.example"}
    refused = app.test_client().post("/api/votes", headers=evil)
    assert (refused.status_code, refused.json["code"]) == (403, "ORIGIN_NOT_ALLOWED")
    assert app.test_client().post("/api/hooks", headers=evil).status_code == 204


@pytest.mark.parametrize("strategy", ["session", "token"])
def test_the_page_and_the_contract_are_told_the_same_strategy(
    tmp_path: Path, strategy: str
) -> None:
    app = make_app(tmp_path, DOVETAIL_AUTH_STRATEGY=strategy)
    client = app.test_client()
    assert f'"authStrategy":"{strategy}"' in client.get("/config.js").text
    schemes = client.get("/openapi.json").json["components"]["securitySchemes"]
    assert ("bearer" in schemes) == (strategy == "token")


@pytest.mark.parametrize("strategy", ["session", "token"])
def test_starting_imports_no_extra_and_no_database_library(tmp_path: Path, strategy: str) -> None:
    program = f"""
import json, sys
from flask import Flask
from flask_dovetail import Dovetail, Identity
app = Flask("example", instance_path={str(tmp_path)!r})
app.config.update(SECRET_KEY={SECRET!r}, DOVETAIL_AUTH_STRATEGY={strategy!r})
Dovetail(authenticate=lambda credentials: None, load_identity=Identity).init_app(app)
print(json.dumps(sorted(sys.modules)))
"""
    ran = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    loaded = set(json.loads(ran.stdout))
    assert not [name for name in loaded if name.startswith("flask_dovetail.files")]
    heavy = {
        "sqlalchemy",
        "alembic",
        "valkey",
        "limits",
        "publicsuffixlist",
        "flask_openapi_swagger",
        "jwt",
        "cryptography",
        "authlib",
        "requests",
    }
    assert loaded & heavy == set()


@pytest.mark.parametrize(
    ("api", "frontends", "sources"),
    [
        ("http://localhost:5000", [], "'self' data: blob:"),
        (
            "https://api.example.com",
            ["https://app.example.com"],
            "'self' data: blob: https://api.example.com",
        ),
    ],
)
def test_the_page_may_show_files_from_where_they_are_served(
    tmp_path: Path, api: str, frontends: list[str], sources: str
) -> None:
    (tmp_path / "spa").mkdir()
    (tmp_path / "spa" / "index.html").write_text("<!doctype html><title>Hello</title>")
    app = make_app(
        tmp_path,
        Dovetail(
            authenticate=nobody, load_identity=Identity, files={"file": flask_dovetail.FilePolicy()}
        ),
        DOVETAIL_API_ORIGIN=api,
        DOVETAIL_FRONTEND_ORIGINS=frontends,
        DOVETAIL_DELIVERY_SPA_FOLDER=str(tmp_path / "spa"),
    )
    page = app.test_client().get("/", headers={"Accept": "text/html"})
    assert f"img-src {sources};" in page.headers["Content-Security-Policy"]


def test_without_files_there_are_no_routes_and_no_commands_for_them(tmp_path: Path) -> None:
    app = make_app(tmp_path)
    assert app.test_client().get("/files").status_code == 404
    told = app.test_cli_runner().invoke(args=["dovetail", "files", "sweep"])
    assert told.exit_code == 2


def test_starting_with_files_imports_no_database_library_and_no_store(tmp_path: Path) -> None:
    program = f"""
import sys
from flask import Flask
from flask_dovetail import Dovetail, FilePolicy, Identity
app = Flask("example", instance_path={str(tmp_path)!r})
app.config.update(SECRET_KEY={SECRET!r})
files = {{"file": FilePolicy()}}
Dovetail(authenticate=lambda _: None, load_identity=Identity, files=files).init_app(app)
assert not {{"sqlalchemy", "alembic", "boto3", "botocore"}} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", program], check=True)


def test_without_notifications_and_namespaces_there_are_no_sockets(tmp_path: Path) -> None:
    app = make_app(tmp_path)
    for path in ("/api/notifications", "/asyncapi.json", "/socket.io/?EIO=4&transport=websocket"):
        assert app.test_client().get(path).status_code == 404
    told = app.test_cli_runner().invoke(args=["dovetail", "realtime", "export"])
    assert told.exit_code == 2
    assert "socketio" not in app.extensions


@pytest.mark.parametrize("given", ["notifications", "namespaces"])
def test_either_of_notifications_and_namespaces_gives_sockets(tmp_path: Path, given: str) -> None:
    sockets: dict[str, Any] = {given: []}
    app = make_app(tmp_path, Dovetail(authenticate=nobody, load_identity=Identity, **sockets))
    assert set(app.test_client().get("/asyncapi.json").json["channels"]) == {"notify"}
    refused = app.test_client().get("/socket.io/?EIO=4&transport=polling")
    assert (refused.status_code, refused.json["code"]) == (400, "BAD_REQUEST")
    assert app.test_client().get("/socket.iox").status_code == 404


def test_sockets_are_behind_the_log_and_have_a_request_id(tmp_path: Path) -> None:
    app = make_app(
        tmp_path, Dovetail(authenticate=nobody, load_identity=Identity, notifications=[])
    )
    refused = app.test_client().get("/socket.io/")
    assert len(refused.headers["X-Request-Id"]) == 36


def test_starting_with_sockets_opens_no_database_and_starts_no_thread(tmp_path: Path) -> None:
    """Which belong to the process that serves: it may be a fork of this one."""
    before = threading.active_count()
    make_app(tmp_path, Dovetail(authenticate=nobody, load_identity=Identity, notifications=[]))
    assert list(tmp_path.iterdir()) == []
    assert threading.active_count() == before


def test_sockets_without_their_extra_name_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flask_dovetail.realtime.find_spec", lambda _: None)
    with pytest.raises(flask_dovetail.MissingExtraError, match=r"flask-dovetail\[realtime\]"):
        make_app(tmp_path, Dovetail(authenticate=nobody, load_identity=Identity, notifications=[]))


def test_only_the_owner_can_read_the_embedded_database(tmp_path: Path) -> None:
    """The file with its journal; also one that was made before."""
    folder = tmp_path / "instance"
    before = os.umask(0o022)
    try:
        for _ in range(2):
            app = Flask("private", instance_path=str(folder))
            app.config.update(SECRET_KEY=SECRET, TESTING=True)
            Dovetail(authenticate=nobody, load_identity=Identity).init_app(app)
            assert app.test_client().get("/readyz").status_code == 200
            files = [path for path in folder.iterdir() if path.name.startswith("dovetail.sqlite3")]
            assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
            assert stat.S_IMODE(folder.stat().st_mode) == 0o700
            for path in files:
                path.chmod(0o644)
    finally:
        os.umask(before)


def test_an_engine_may_be_given_as_it_is(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'app.sqlite3'}")
    upgrade(engine)
    app = make_app(tmp_path, Dovetail(engine=engine))
    assert app.test_client().get("/readyz").status_code == 200
    assert not (tmp_path / "dovetail.sqlite3").exists()
    engine.dispose()


def test_an_engine_that_is_none_is_refused_at_start(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="engine= is a str") as refused:
        make_app(tmp_path, Dovetail(engine="sqlite:///app.sqlite3"))  # type: ignore[arg-type]
    assert "DOVETAIL_DATABASE_URL" in str(refused.value)
