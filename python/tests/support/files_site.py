"""A small site whose people keep files: for tests, and for processes that tests kill.

Everything of Dovetail that answers under `/files` is there, on the real login authority. The clock
is moved by hand, and nothing sweeps unless a test does.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import httpx
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine
from werkzeug.test import TestResponse

from flask_dovetail import auth, contract, files
from flask_dovetail.core import state, sweeping
from flask_dovetail.files import FilePolicy
from flask_dovetail.files.files import Files
from flask_dovetail.server import cors
from flask_dovetail.storage import database, outage_errors, valkey
from flask_dovetail.topology import Topology
from support.clock import Clock

PASSWORD = "correct horse battery staple"
SECRET_KEY = "a key that is long enough to be one"


class Swept(NamedTuple):
    """What one sweep did."""

    uploads: int
    files: int
    failed: int


@dataclass
class FilesSite:
    """An app, and the people who may sign in to it: subject to identity, None when disabled."""

    app: Flask
    clock: Clock
    people: dict[str, auth.Identity | None]

    def visitor(self, subject: str = "ada") -> Visitor:
        """A browser of somebody who has signed in."""
        return Visitor(self, subject)

    def stranger(self) -> FlaskClient:
        """A browser of nobody."""
        return self.app.test_client()

    @property
    def files(self) -> Files:
        return state.get(Files, self.app)

    @contextmanager
    def inside(self) -> Iterator[Files]:
        """What the application's own code does goes in here."""
        with self.app.app_context():
            yield self.files

    def sweep(self) -> Swept:
        with self.inside():
            found = sweeping.of(self.app).run(("uploads", "files"))
        uploads, files = found["uploads"], found["files"]
        return Swept(uploads.dropped, files.dropped, uploads.failed + files.failed)

    def kept(self) -> set[str]:
        """The files in the local store's folder, by their paths below it."""
        folder = self.files.folder
        return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


MakeSite = Callable[..., FilesSite]


class Visitor:
    """A client with a login that sends its CSRF token, and knows how to upload."""

    def __init__(self, site: FilesSite, subject: str) -> None:
        self.site = site
        self.client = site.app.test_client()
        self._token: str = self.client.get("/api/csrf-token").json["csrf"]
        body = {"email": f"{subject}@example.com", "password": PASSWORD}
        signed_in = self.post("/auth/login", json=body)
        assert signed_in.status_code == 200, signed_in.text
        self._token = signed_in.json["csrf"]

    def get(self, path: str, **kwargs: Any) -> TestResponse:
        return self.client.get(path, **kwargs)

    def post(self, path: str, **kwargs: Any) -> TestResponse:
        return self.client.post(path, headers={"X-CSRF-Token": self._token}, **kwargs)

    def delete(self, path: str) -> TestResponse:
        return self.client.delete(path, headers={"X-CSRF-Token": self._token})

    def presign(self, content: bytes = b"hello", **announced: Any) -> TestResponse:
        """Announce `content`; whatever is announced otherwise counts."""
        told = {"name": "note.txt", "content_type": "text/plain", "size": len(content)}
        return self.post("/files/upload/presign", json=told | announced)

    def begin(self, content: bytes = b"hello", **announced: Any) -> dict[str, Any]:
        """The ticket of an upload that is welcome."""
        answer = self.presign(content, **announced)
        assert answer.status_code == 201, answer.text
        ticket: dict[str, Any] = answer.json
        return ticket

    def put(self, part: Mapping[str, Any], content: bytes) -> Any:
        """Send one part, with nothing but its address: by a client that has no cookies."""
        if not part["url"].startswith(self.site.files.api_origin):
            return httpx.put(part["url"], content=content, headers=part["headers"])
        parts = urlsplit(part["url"])
        length = {"CONTENT_LENGTH": str(len(content))}  # browsers say 0, too; this client does not
        return self.site.stranger().put(
            f"{parts.path}?{parts.query}", data=content, environ_overrides=length
        )

    def send(self, ticket: Mapping[str, Any], content: bytes) -> None:
        """Send every part that the ticket has an address for."""
        for part in ticket["parts"]:
            start = (part["number"] - 1) * ticket["part_size"]
            sent = self.put(part, content[start : start + part["size"]])
            assert sent.status_code in (200, 204), sent.text

    def sent(self, content: bytes = b"hello", **announced: Any) -> dict[str, Any]:
        """The ticket of an upload whose every byte is there."""
        ticket = self.begin(content, **announced)
        self.send(ticket, content)
        return ticket

    def commit(self, ticket: Mapping[str, Any], **more: Any) -> TestResponse:
        return self.post("/files/upload/commit", json={"key": ticket["key"], **more})

    def upload(self, content: bytes = b"hello", **announced: Any) -> dict[str, Any]:
        """The file."""
        answer = self.commit(self.sent(content, **announced))
        assert answer.status_code == 200, answer.text
        file: dict[str, Any] = answer.json
        return file

    def read(self, file: Mapping[str, Any]) -> bytes:
        """Its bytes, as the store has them."""
        with self.site.inside() as known:
            found = known.rows.find_file(file["id"])
            assert found is not None
            with known.store.open(found.key) as content:
                return content.read()


def make_files_site(
    folder: Path,
    *,
    policies: Mapping[str, FilePolicy] | None = None,
    engine: Callable[[], Engine] | None = None,
    clock: Clock | None = None,
    **config: Any,
) -> FilesSite:
    """A site that keeps everything in `folder`, but for what `engine` and `config` say."""
    app = Flask("files", instance_path=str(folder))
    app.config.update({"SECRET_KEY": SECRET_KEY, **config})
    people: dict[str, auth.Identity | None] = {
        "ada": auth.Identity("ada"),
        "bob": auth.Identity("bob"),
    }

    def authenticate(credentials: auth.Credentials) -> auth.Identity | None:
        return people.get(credentials.email.partition("@")[0])

    site = FilesSite(app, clock or Clock(), people)
    app.extensions[state.KEY] = state.State()
    topology = Topology.from_config(app.config)
    gives_engine = database.init_app(app, engine)
    contract.init_app(
        app,
        request_id=lambda: None,
        store_of=outage_errors.store_of,
        security_schemes=auth.security_schemes(topology, auth.read_settings(app).strategy),
    )
    cors.init_app(app, topology)
    auth.init_app(
        app,
        topology=topology,
        authenticate=authenticate,
        load_identity=people.get,
        engine=gives_engine,
        valkey=valkey.init_app(app),
        clock=site.clock,
    )
    files.init_app(
        app,
        policies if policies is not None else {"file": FilePolicy(), "other": FilePolicy()},
        topology=topology,
        engine=gives_engine,
        secret_keys=auth.secret_keys(app),
        authority=auth.LoginAuthority(people.get, topology.allowed_origins),
        clock=site.clock,
    )
    app.testing = True
    return site


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


class Endless(io.RawIOBase):
    """A body that never ends; it counts what was taken of it."""

    taken = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        self.taken += len(buffer)
        return len(buffer)
