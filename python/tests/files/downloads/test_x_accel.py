"""Downloads through a real nginx, by the very text that `docs/downloads.md` tells people to use."""

from __future__ import annotations

import http.client
import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import create_engine
from werkzeug.serving import make_server

from flask_dovetail import (
    Credentials,
    Dovetail,
    File,
    FilePolicy,
    Identity,
    content_url,
    find_file,
    signed_in,
    store_file,
)
from flask_dovetail.files.tables import files
from support.databases import migrate
from support.nginx import Nginx, documented

ADA = Identity("ada")
SECURE = "https://localhost:5000"
PAGE = "https://app.example.com"
TEXT = bytes(range(1, 256)) * 100
NAME = "한국어 보고서 (최종).txt"
BY_NGINX_ITSELF = {"accept-ranges", "connection", "date", "server"}


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def code(self) -> str:
        found: str = json.loads(self.body)["code"]
        return found


@dataclass
class DownloadSite:
    """The same app twice on the same files: one sends the bytes itself, one leaves it to nginx.

    Attributes:
        client: of the one that sends them itself; signed in.
    """

    app: Flask
    client: FlaskClient
    folder: Path
    log: Path
    nginx: Nginx

    def store(self, content: bytes = TEXT, name: str = NAME, purpose: str = "file") -> File:
        with self.app.app_context():
            return store_file(
                content, name=name, content_type="text/plain", owner="ada", purpose=purpose
            )

    def link(self, file: File) -> str:
        """The address for ada, from the path on."""
        parts = urlsplit(self.client.get(f"/link/{file.id}", base_url=SECURE).text)
        return f"{parts.path}?{parts.query}" if parts.query else parts.path

    def place(self, file: File) -> Path:
        return self.folder / "objects" / file.key[:2] / file.key

    def ask(self, path: str, method: str = "GET", **headers: str) -> Answer:
        return ask(self.nginx, path, method, **headers)


@contextmanager
def connected(nginx: Nginx) -> Iterator[http.client.HTTPConnection]:
    connection = http.client.HTTPConnection(urlsplit(nginx.url).netloc, timeout=60)
    try:
        yield connection
    finally:
        connection.close()


def ask(nginx: Nginx, path: str, method: str = "GET", **headers: str) -> Answer:
    """Without cookies. Header fields that are there twice are as RFC 9110, 5.2, joins them."""
    with connected(nginx) as connection:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, headers=sent)
        answer = connection.getresponse()
        fields: dict[str, str] = {}
        for name, value in answer.getheaders():
            before = fields.get(name.lower())
            fields[name.lower()] = value if before is None else f"{before}, {value}"
        return Answer(answer.status, fields, answer.read())


def make_download_app(folder: Path, **config: Any) -> Flask:
    def authenticate(_: Credentials) -> Identity:
        return ADA

    app = Flask("downloads", instance_path=str(folder))
    app.config.update(
        SECRET_KEY="a key that is long enough to be one",
        DOVETAIL_API_ORIGIN=SECURE,
        DOVETAIL_FRONTEND_ORIGINS=[PAGE],
        DOVETAIL_DATABASE_URL=f"sqlite:///{folder}/dovetail.sqlite3",
        **config,
    )
    policies = {"file": FilePolicy(), "public": FilePolicy(may_read=lambda *_: True)}
    Dovetail(authenticate=authenticate, load_identity={"ada": ADA}.get, files=policies).init_app(
        app
    )

    @app.get("/link/<file_id>")
    @signed_in
    def link(file_id: str) -> str:
        file = find_file(file_id)
        assert file is not None
        return content_url(file)

    return app


@contextmanager
def serving(app: Flask) -> Iterator[int]:
    """Its port."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DownloadSite]:
    folder = tmp_path_factory.mktemp("instance")
    migrate(f"sqlite:///{folder}/dovetail.sqlite3")
    app = make_download_app(folder)
    client = app.test_client()
    token = client.get("/api/csrf-token", base_url=SECURE).json["csrf"]
    answer = client.post(
        "/auth/login",
        base_url=SECURE,
        headers={"X-CSRF-Token": token},
        json={"email": "ada@example.com", "password": "x" * 12},
    )
    assert answer.status_code == 200
    log = folder / "access.log"
    behind = make_download_app(folder, DOVETAIL_FILES_X_ACCEL_PREFIX="/_files/")
    with (
        serving(behind) as port,
        Nginx(**documented(port=port, folder=folder / "files", log=log)) as nginx,
    ):
        yield DownloadSite(app, client, folder / "files", log, nginx)


def by_the_app(site: DownloadSite, path: str, **headers: str) -> Answer:
    """The same, without nginx."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = site.app.test_client().get(path, base_url=SECURE, headers=sent, buffered=True)
    return Answer(
        answer.status_code,
        {name.lower(): value for name, value in answer.headers},
        answer.data,
    )


@pytest.mark.parametrize("purpose", ["file", "public"])
def test_nginx_sends_the_same_bytes_and_the_same_headers(site: DownloadSite, purpose: str) -> None:
    path = site.link(site.store(purpose=purpose))
    theirs = site.ask(path, Origin=PAGE, X_Request_Id="r-1")
    ours = by_the_app(site, path, Origin=PAGE, X_Request_Id="r-1")
    assert (theirs.status, theirs.body) == (ours.status, ours.body) == (200, TEXT)
    assert "x-accel-redirect" not in theirs.headers
    assert {k: v for k, v in theirs.headers.items() if k not in BY_NGINX_ITSELF} == {
        k: v for k, v in ours.headers.items() if k not in BY_NGINX_ITSELF
    }
    for name in (
        "access-control-allow-origin",
        "content-security-policy",
        "referrer-policy",
        "strict-transport-security",
        "vary",
        "x-content-type-options",
        "x-request-id",
    ):
        assert theirs.headers[name]
    assert theirs.headers["accept-ranges"] == "bytes"


def test_it_is_nginx_that_sends_them(site: DownloadSite) -> None:
    """Bytes that the app has not seen since: it says where they are, and no more."""
    file = site.store(b"before")
    site.place(file).write_bytes(b"after!")
    assert site.ask(site.link(file)).body == b"after!"
    assert site.ask(site.link(file)).headers["server"].startswith("nginx")


def test_any_name_arrives(site: DownloadSite) -> None:
    answer = site.ask(site.link(site.store()))
    assert answer.headers["content-disposition"] == (
        'inline; filename="___ ___ (__).txt"; '
        "filename*=UTF-8''%ED%95%9C%EA%B5%AD%EC%96%B4%20%EB%B3%B4%EA%B3%A0%EC%84%9C%20%28"
        "%EC%B5%9C%EC%A2%85%29.txt"
    )


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [("0-0", 0, 1), ("100-199", 100, 200), ("25000-", 25000, 25500), ("-7", 25493, 25500)],
)
def test_a_range_is_those_bytes(site: DownloadSite, asked: str, start: int, stop: int) -> None:
    answer = site.ask(site.link(site.store()), Range=f"bytes={asked}")
    assert (answer.status, answer.body) == (206, TEXT[start:stop])
    assert answer.headers["content-range"] == f"bytes {start}-{stop - 1}/25500"
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_several_ranges_travel_as_parts(site: DownloadSite) -> None:
    answer = site.ask(site.link(site.store()), Range="bytes=9000-9001,-1")
    assert answer.status == 206
    assert answer.headers["content-type"].startswith("multipart/byteranges; boundary=")
    assert TEXT[9000:9002] in answer.body
    assert b"Content-Range: bytes 25499-25499/25500" in answer.body


def test_a_range_beyond_four_gibibytes_is_in_its_place(site: DownloadSite) -> None:
    file = site.store(b"hello")
    place = 4 * 1024**3 + 12_345
    with site.place(file).open("r+b") as content:  # sparse
        content.seek(place)
        content.write(b"far away")
    engine = create_engine(site.app.config["DOVETAIL_DATABASE_URL"])
    with engine.begin() as connection:
        connection.execute(files.update().where(files.c.id == file.id).values(size=place + 8))
    engine.dispose()
    answer = site.ask(site.link(file), Range=f"bytes={place}-")
    assert (answer.status, answer.body) == (206, b"far away")
    head = site.ask(site.link(file), "HEAD")
    assert head.headers["content-length"] == str(place + 8)


def test_a_range_of_something_else_than_the_client_has_does_not_count(site: DownloadSite) -> None:
    path = site.link(site.store())
    whole = site.ask(path)
    for holds in (whole.headers["etag"], whole.headers["last-modified"]):
        assert site.ask(path, Range="bytes=0-1", If_Range=holds).status == 206
    for differs in ('"other"', "Fri, 15 Jan 2021 08:00:00 GMT"):
        assert site.ask(path, Range="bytes=0-1", If_Range=differs).status == 200


def test_beyond_the_end_the_app_says_so(site: DownloadSite) -> None:
    answer = site.ask(site.link(site.store()), Range="bytes=25500-")
    assert (answer.status, answer.code) == (416, "RANGE_NOT_SATISFIABLE")
    assert answer.headers["content-range"] == "bytes */25500"


def test_head_is_get_without_the_body(site: DownloadSite) -> None:
    path = site.link(site.store())
    whole, head = site.ask(path), site.ask(path, "HEAD")
    assert (head.status, head.body) == (200, b"")
    assert {**head.headers, "date": "", "x-request-id": ""} == {
        **whole.headers,
        "date": "",
        "x-request-id": "",
    }


def test_conditions_are_held_against_what_the_app_says(site: DownloadSite) -> None:
    file = site.store()
    path = site.link(file)
    long_ago = 1_000_000_000  # nginx's own date and ETag are those of the file on the disk
    os.utime(site.place(file), (long_ago, long_ago))
    whole = site.ask(path)
    etag, date = whole.headers["etag"], whole.headers["last-modified"]
    assert etag == f'"{file.id}"'
    for unchanged in ({"If_None_Match": etag}, {"If_Modified_Since": date}):
        assert site.ask(path, **unchanged).status == 304
    for holds in (
        {"If_Match": etag},
        {"If_Unmodified_Since": date},
        {"If_None_Match": '"other"'},
        {"If_Modified_Since": "Sun, 09 Sep 2001 01:46:40 GMT"},
    ):
        answer = site.ask(path, **holds)
        assert (answer.status, answer.body) == (200, TEXT)
    for fails in (
        {"If_Match": '"other"'},
        {"If_Unmodified_Since": "Sun, 09 Sep 2001 01:46:40 GMT"},
    ):
        assert site.ask(path, **fails).code == "PRECONDITION_FAILED"
    part = site.ask(path, If_Match=etag, Range="bytes=0-1")
    assert (part.status, part.body) == (206, TEXT[:2])


def test_from_outside_the_folder_is_not_there(site: DownloadSite) -> None:
    file = site.store()
    place = f"/_files/objects/{file.key[:2]}/{file.key}"
    for path in (place, "/_files/", f"/_files/../{place}", "/_files/../dovetail.sqlite3"):
        answer = site.ask(path)
        assert answer.status == 404
        assert TEXT[:50] not in answer.body


def test_refusals_come_from_the_app_and_not_from_nginx(site: DownloadSite) -> None:
    file = site.store()
    answer = site.ask(f"/files/{file.id}/content")
    assert (answer.status, answer.code) == (404, "NOT_FOUND")


def test_bytes_that_have_gone_are_not_found(site: DownloadSite) -> None:
    file = site.store()
    site.place(file).unlink()
    assert site.ask(site.link(file)).code == "NOT_FOUND"


def test_file_unreadable_for_nginx_is_an_uncached_error(site: DownloadSite) -> None:
    """Whoever it runs as: nobody may read this file, and root's nginx is one of nobody's."""
    file = site.store(purpose="public")
    site.place(file).chmod(0)
    behind = make_download_app(site.folder.parent, DOVETAIL_FILES_X_ACCEL_PREFIX="/_files/")
    with (
        serving(behind) as port,
        Nginx(
            **documented(port=port, folder=site.folder, log=Path(os.devnull)), user="nobody"
        ) as nginx,
    ):
        answer = ask(nginx, site.link(file), Origin=PAGE)
        assert "Permission denied" in nginx.log
    assert (answer.status, answer.code) == (500, "INTERNAL_ERROR")
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert "no-store" in answer.headers["cache-control"]
    assert answer.headers["access-control-allow-origin"] == PAGE
    assert json.loads(answer.body)["request_id"] == answer.headers["x-request-id"]


def test_no_signature_is_in_the_access_log(site: DownloadSite) -> None:
    path = site.link(site.store())
    assert "signature=" in path
    with connected(site.nginx) as connection:
        for _ in range(2):  # nginx is done with the first, log and all, before it reads the second
            connection.request("GET", path)
            connection.getresponse().read()
    logged = site.log.read_text()
    assert path.partition("?")[0] in logged
    assert "?" not in logged


def test_parts_go_through_to_the_app(site: DownloadSite) -> None:
    """nginx takes bodies of 1 MiB, unless it is told otherwise."""
    content = b"x" * (2 * 1024 * 1024)
    token = site.client.get("/api/csrf-token", base_url=SECURE).json["csrf"]
    ticket = site.client.post(
        "/files/upload/presign",
        base_url=SECURE,
        headers={"X-CSRF-Token": token},
        json={"name": "a.txt", "content_type": "text/plain", "size": len(content)},
    ).json
    parts = urlsplit(ticket["parts"][0]["url"])
    with connected(site.nginx) as connection:
        connection.request("PUT", f"{parts.path}?{parts.query}", body=content)
        assert connection.getresponse().status == 204
