"""Files of people who come with a credential of the app's own, such as an API key."""

from __future__ import annotations

import shutil
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient

from flask_dovetail import Dovetail, FilePolicy, Identity, SecurityScheme, end_logins
from support.files_site import SECRET_KEY

KEY = {"X-API-Key": "good"}


@pytest.fixture
def people() -> dict[str, Identity | None]:
    return {"ada": Identity("ada"), "bob": Identity("bob")}


@pytest.fixture(params=["session", "token"])
def app(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    migrated: Path,
    people: dict[str, Identity | None],
) -> Flask:
    shutil.copy(migrated, tmp_path)
    app = Flask("files", instance_path=str(tmp_path))
    app.config.update(SECRET_KEY=SECRET_KEY, TESTING=True, DOVETAIL_AUTH_STRATEGY=request.param)
    keys = {"good": "ada", "bobs": "bob"}
    Dovetail(
        authenticate=lambda _: None,
        load_identity=people.get,
        files={"file": FilePolicy()},
        security_schemes={
            "api_key": SecurityScheme.header("X-API-Key", lambda key: people.get(keys.get(key, "")))
        },
    ).init_app(app)
    return app


def relative(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}"


def begin(client: FlaskClient) -> dict[str, object]:
    told = {"name": "note.txt", "content_type": "text/plain", "size": 5}
    answer = client.post("/files/upload/presign", json=told, headers=KEY)
    assert answer.status_code == 201, answer.text
    ticket: dict[str, object] = answer.json
    return ticket


def put(client: FlaskClient, ticket: dict[str, object]) -> int:
    length = {"CONTENT_LENGTH": "5"}
    sent = client.put(relative(str(ticket["url"])), data=b"hello", environ_overrides=length)
    return sent.status_code


def test_an_api_key_uploads_and_reads(app: Flask) -> None:
    client = app.test_client()
    ticket = begin(client)
    assert put(app.test_client(), ticket) == 204
    committed = client.post("/files/upload/commit", json={"key": ticket["key"]}, headers=KEY)
    assert committed.status_code == 200, committed.text
    content = relative(committed.json["content_url"])
    assert app.test_client().get(content, buffered=True).data == b"hello"
    assert client.get(f"/files/{committed.json['id']}", headers=KEY).status_code == 200
    others = client.get(f"/files/{committed.json['id']}", headers={"X-API-Key": "bobs"})
    assert others.status_code == 404
    with app.app_context():
        end_logins("ada")  # it is none of these
    assert app.test_client().get(content, buffered=True).data == b"hello"


def test_addresses_end_with_the_account(app: Flask, people: dict[str, Identity | None]) -> None:
    client = app.test_client()
    ticket = begin(client)
    assert put(client, ticket) == 204
    committed = client.post("/files/upload/commit", json={"key": ticket["key"]}, headers=KEY)
    people["ada"] = None
    assert client.get(relative(committed.json["content_url"])).status_code in (401, 403, 404)
    assert client.post("/files/upload/presign", json={}, headers=KEY).status_code == 401
