"""What people send who do not mean well, or whose line does not: sizes, doubles, floods, races."""

from __future__ import annotations

import io
import secrets
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any
from urllib.parse import urlsplit

import pytest

from flask_dovetail import FilePolicy
from support.files_site import Endless, FilesSite, MakeSite, Visitor

PART = 64 * 1024
SMALL_PARTS = {"DOVETAIL_FILES_PART_BYTES": PART}
BYTES = {"content_type": "application/octet-stream"}


def sent_raw(site: FilesSite, url: str, stream: Any, length: str | None) -> Any:
    """A PUT that says one length and sends what it likes."""
    parts = urlsplit(url)
    environ: dict[str, Any] = {"wsgi.input": stream}
    if length is not None:
        environ["CONTENT_LENGTH"] = length
    return site.stranger().put(f"{parts.path}?{parts.query}", environ_overrides=environ)


@pytest.mark.parametrize("length", ["4", "6", "0", "-5", "5, 5", "999999999999", None, "five"])
def test_a_part_of_another_announced_size_is_refused(
    site: FilesSite, ada: Visitor, length: str | None
) -> None:
    ticket = ada.begin(b"hello")
    answer = sent_raw(site, ticket["parts"][0]["url"], io.BytesIO(b"hello!"), length)
    assert (answer.status_code, answer.json["code"]) == (422, "PART_SIZE_MISMATCH")
    assert ada.get(f"/files/upload/{ticket['key']}").json["arrived"] == []


def test_a_part_that_ends_early_leaves_nothing(site: FilesSite, ada: Visitor) -> None:
    ticket = ada.begin(b"hello")
    answer = sent_raw(site, ticket["parts"][0]["url"], io.BytesIO(b"hell"), "5")
    assert (answer.status_code, answer.json["code"]) == (422, "PART_SIZE_MISMATCH")
    assert ada.get(f"/files/upload/{ticket['key']}").json["arrived"] == []
    ada.send(ticket, b"hello")
    assert ada.read(ada.commit(ticket).json) == b"hello"


def test_of_an_endless_body_only_the_signed_size_is_taken(site: FilesSite, ada: Visitor) -> None:
    ticket = ada.begin(bytes(PART), **BYTES)
    body = Endless()
    answer = sent_raw(site, ticket["parts"][0]["url"], body, str(PART))
    assert answer.status_code == 204
    assert body.taken == PART
    assert ada.commit(ticket).json["size"] == PART


def test_limits_on_bodies_are_for_other_routes(make_site: MakeSite) -> None:
    """A part has its own size, which is signed; the app's limit is about forms and JSON."""
    site = make_site(MAX_CONTENT_LENGTH=2000, MAX_FORM_MEMORY_SIZE=100, **SMALL_PARTS)
    ada = site.visitor()
    content = secrets.token_bytes(2 * PART)
    assert ada.read(ada.upload(content, **BYTES)) == content
    assert ada.post("/files/upload/presign", data="x" * 3000).status_code in (413, 415)


def test_the_address_of_a_part_is_all_that_is_needed_and_all_that_counts(
    site: FilesSite, ada: Visitor
) -> None:
    """No cookie, token or Origin helps or hurts; pages of elsewhere get no CORS headers."""
    ticket = ada.begin(b"hello")
    parts = urlsplit(ticket["parts"][0]["url"])
    answer = site.stranger().put(
        f"{parts.path}?{parts.query}",
        data=b"hello",
        headers={"Origin": "https://evil.example", "Authorization": "Bearer nonsense"},
    )
    assert answer.status_code == 204
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_pages_of_the_topology_may_send_parts(make_site: MakeSite) -> None:
    page = "https://app.example.com"
    site = make_site(
        DOVETAIL_API_ORIGIN="https://api.example.com", DOVETAIL_FRONTEND_ORIGINS=[page]
    )
    client = site.app.test_client()
    preflight = client.options(
        "/files/upload/key/1",
        headers={"Origin": page, "Access-Control-Request-Method": "PUT"},
    )
    assert preflight.status_code == 204
    assert "PUT" in preflight.headers["Access-Control-Allow-Methods"]
    refused = client.put("/files/upload/key/1", headers={"Origin": page})
    assert refused.status_code == 403
    assert refused.headers["Access-Control-Allow-Origin"] == page


@pytest.mark.parametrize(
    "alter",
    [
        lambda url: url.replace("/1?", "/2?"),
        lambda url: url.replace("size=5", "size=500"),
        lambda url: url.replace("subject=ada", "subject=bob"),
        lambda url: url.replace("signature=", "signature=A"),
        lambda url: url[:-1],
        lambda url: url.partition("?")[0],
        lambda url: url.replace("offset=0", "offset=1"),
        lambda url: url.replace("expires=", "expires=9"),
        lambda url: url.replace("signature=", "signature=&x="),
    ],
)
def test_an_altered_address_sends_nothing(ada: Visitor, alter: Callable[[str], str]) -> None:
    ticket = ada.begin(b"hello")
    url = alter(ticket["parts"][0]["url"])
    answer = ada.put({"url": url}, b"hello")
    assert (answer.status_code, answer.json["code"]) == (403, "INVALID_UPLOAD_URL")
    assert ada.get(f"/files/upload/{ticket['key']}").json["arrived"] == []


def test_an_expired_address_is_replaced_by_asking_the_upload(site: FilesSite, ada: Visitor) -> None:
    ticket = ada.begin(b"hello")
    site.clock.advance(900)
    late = ada.put(ticket["parts"][0], b"hello")
    assert (late.status_code, late.json["code"]) == (403, "INVALID_UPLOAD_URL")
    ada.send(ada.get(f"/files/upload/{ticket['key']}").json, b"hello")
    assert ada.commit(ticket).status_code == 200


def test_an_ended_login_takes_its_addresses_with_it(site: FilesSite, ada: Visitor) -> None:
    ticket = ada.begin(b"hello")
    other = site.visitor("ada")
    assert ada.post("/auth/logout").status_code == 204
    refused = other.put(ticket["parts"][0], b"hello")
    assert (refused.status_code, refused.json["code"]) == (401, "SESSION_EXPIRED")
    other.send(other.get(f"/files/upload/{ticket['key']}").json, b"hello")
    assert other.commit(ticket).status_code == 200


def test_a_key_of_a_former_secret_still_opens_addresses(make_site: MakeSite) -> None:
    """Changing SECRET_KEY cuts off no upload that is under way."""
    former = make_site()
    ticket = former.visitor().begin(b"hello")
    newer = make_site(
        SECRET_KEY="another key that is long enough",
        SECRET_KEY_FALLBACKS=["a key that is long enough to be one"],
    )
    stranger = make_site(SECRET_KEY="another key that is long enough")
    parts = urlsplit(ticket["parts"][0]["url"])
    query = f"{parts.path}?{parts.query}"
    assert newer.stranger().put(query, data=b"hello").json["code"] == "SESSION_EXPIRED"
    assert stranger.stranger().put(query, data=b"hello").json["code"] == "INVALID_UPLOAD_URL"


def test_the_same_part_from_two_sides_at_once_is_one_of_them(make_site: MakeSite) -> None:
    """Never a mixture, and what commit compares is what is there."""
    site = make_site(**SMALL_PARTS)
    ada = site.visitor()
    ticket = ada.begin(bytes(2 * PART), **BYTES)
    barrier = Barrier(6)

    def put(number: int) -> int:
        barrier.wait()
        return ada.put(ticket["parts"][0], bytes([number]) * PART).status_code

    with ThreadPoolExecutor(6) as pool:
        assert set(pool.map(put, range(6))) == {204}
    ada.put(ticket["parts"][1], bytes(PART))
    content = ada.read(ada.commit(ticket).json)
    assert len(set(content[:PART])) == 1


def test_a_bomb_that_unpacks_to_gigabytes_is_kept_as_the_few_bytes_it_is(ada: Visitor) -> None:
    """Nothing is unpacked here; who decodes pictures brings a scan."""
    packed = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = packed.compress(bytes(20 * 1024 * 1024)) + packed.flush()
    assert ada.upload(bomb, name="a.gz", content_type="application/gzip")["size"] == len(bomb)


def test_deep_and_long_bodies_are_refused_without_work(ada: Visitor) -> None:
    for body in (b"[" * 100_000, b'{"key":' * 10_000, b'{"key": "' + b"a" * 2_000_000 + b'"}'):
        answer = ada.client.post(
            "/files/upload/commit",
            data=body,
            content_type="application/json",
            headers={"X-CSRF-Token": ada._token},
        )
        assert answer.status_code in (400, 413, 422)


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "PATCH"])
def test_parts_are_put_and_nothing_else(ada: Visitor, method: str) -> None:
    ticket = ada.begin(b"hello")
    parts = urlsplit(ticket["parts"][0]["url"])
    answer = ada.client.open(
        f"{parts.path}?{parts.query}", method=method, headers={"X-CSRF-Token": ada._token}
    )
    assert answer.status_code == 405


@pytest.mark.parametrize("strategy", ["session", "token"])
def test_uploads_work_by_cookie_and_by_token(make_site: MakeSite, strategy: str) -> None:
    site = make_site(DOVETAIL_AUTH_STRATEGY=strategy)
    client = site.app.test_client()
    headers = {"X-Requested-With": "XMLHttpRequest"}
    if strategy == "session":
        headers["X-CSRF-Token"] = client.get("/api/csrf-token").json["csrf"]
    body = {"email": "ada@example.com", "password": "correct horse battery staple"}
    login = client.post("/auth/login", json=body, headers=headers).json
    if strategy == "session":
        headers["X-CSRF-Token"] = login["csrf"]
    else:
        headers["Authorization"] = f"Bearer {login['access_token']}"
    announced = {"name": "a.txt", "content_type": "text/plain", "size": 5}
    ticket = client.post("/files/upload/presign", json=announced, headers=headers).json
    parts = urlsplit(ticket["parts"][0]["url"])
    sent = site.stranger().put(f"{parts.path}?{parts.query}", data=b"hello")
    assert sent.status_code == 204
    file = client.post("/files/upload/commit", json={"key": ticket["key"]}, headers=headers)
    assert file.json["size"] == 5


def test_names_of_uploads_never_reach_the_disk(make_site: MakeSite) -> None:
    site = make_site(policies={"file": FilePolicy()})
    site.visitor().upload(name="passwd", content_type="text/plain")
    (path,) = site.kept()
    assert "passwd" not in path
    assert path.startswith("objects/")
