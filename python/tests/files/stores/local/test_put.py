"""`PUT` of a part: what its address permits, and what is refused."""

from __future__ import annotations

import errno
import io
import os
import threading
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from flask import Flask
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Response

from flask_dovetail.core.signing import Signer
from flask_dovetail.files.policy import Upload
from flask_dovetail.files.stores.local.routes import SLOW_SECONDS
from flask_dovetail.files.stores.local.store import LocalStore
from flask_dovetail.files.stores.store import Ticket
from support.clock import Clock
from support.parts_server import SIGNER, make_parts_app, make_upload, open_store

KEY = "k" * 32
PART = 256 * 1024
UPLOAD = make_upload(KEY, 2 * PART + 5, PART)
NOW = 1_800_000_000


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> LocalStore:
    opened = open_store(tmp_path, clock)
    opened.begin(UPLOAD)
    return opened


def address(store: LocalStore, number: int = 1, upload: Upload = UPLOAD) -> str:
    return store.part_urls(upload, [number], Ticket("ada", "login-1", NOW + 900))[0].url


def altered(url: str, **changes: str) -> str:
    """The same address with other values in its query."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    assert set(changes) <= set(query)
    return f"{parts.path}?{urlencode({**query, **changes}, errors='surrogatepass')}"


def put(
    store: LocalStore, url: str, body: bytes = b"a" * PART, *, clock: Clock, **options: Any
) -> Any:
    return make_parts_app(store, clock=clock, **options).test_client().put(url, data=body)


def put_stream(
    app: Flask, url: str, stream: Any, length: str | None = str(PART), **environ: Any
) -> Response:
    """As a server calls the app: with a stream of any kind, and with a length that is announced."""
    call = EnvironBuilder(path=url, method="PUT").get_environ()
    call.pop("CONTENT_LENGTH", None)
    call |= {"wsgi.input": stream, **environ}
    if length is not None:
        call["CONTENT_LENGTH"] = length
    return Response.from_app(app, call, buffered=True)


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json["code"]


def test_a_part_is_kept_and_answered_with_nothing(store: LocalStore, clock: Clock) -> None:
    """204, in no cache; neither a cookie nor a token was needed."""
    answer = put(store, address(store), clock=clock)
    assert (answer.status_code, answer.data) == (204, b"")
    assert answer.headers["Cache-Control"] == "no-store"
    assert store.arrived(UPLOAD) == [1]


def test_an_address_needs_no_header_of_its_own(store: LocalStore) -> None:
    """What is in the ticket is all that the sender has to send."""
    [part] = store.part_urls(UPLOAD, [3], Ticket("ada", "login-1", NOW))
    assert (part.number, part.size, part.headers) == (3, 5, {})


@pytest.mark.parametrize("subject", ["ada", "a&b=c d/é", "\U0001f600" * 64, "%00"])
def test_an_address_is_good_for_any_subject(store: LocalStore, clock: Clock, subject: str) -> None:
    """Whatever the application calls its people, it comes back as it was."""
    asked: list[tuple[str, str]] = []

    def lives(*login: str) -> bool:
        asked.append((login[0], login[1]))
        return True

    [part] = store.part_urls(UPLOAD, [1], Ticket(subject, "login-1", NOW + 900))
    assert put(store, part.url, clock=clock, login_lives=lives).status_code == 204
    assert asked == [(subject, "login-1")]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("offset", "5"),
        ("offset", "-1"),
        ("offset", "٣"),
        ("size", str(PART - 1)),
        ("size", "1e3"),
        ("size", ""),
        ("subject", "bob"),
        ("subject", ""),
        ("subject", "\ud800"),
        ("login", "login-2"),
        ("expires", str(NOW + 901)),
        ("expires", "9" * 5000),
        ("signature", ""),
        ("signature", "A" * 43),
        ("signature", "ä"),
        ("signature", "\ud800"),
    ],
)
def test_an_altered_address_is_refused(
    store: LocalStore, clock: Clock, name: str, value: str
) -> None:
    """Whatever is changed in its query: 403 INVALID_UPLOAD_URL, and nothing is kept."""
    answer = put(store, altered(address(store), **{name: value}), clock=clock)
    assert code(answer) == (403, "INVALID_UPLOAD_URL")
    assert store.arrived(UPLOAD) == []


@pytest.mark.parametrize("path", [f"/files/upload/{KEY}/2", f"/files/upload/{'x' * 32}/1"])
def test_an_address_is_for_its_part_and_upload_alone(
    store: LocalStore, clock: Clock, path: str
) -> None:
    """The query of one part opens no other, of the same upload or of another."""
    url = f"{path}?{urlsplit(address(store)).query}"
    assert code(put(store, url, clock=clock)) == (403, "INVALID_UPLOAD_URL")


@pytest.mark.parametrize("key", ["..%2f..%2fetc%2fpasswd", "%2e%2e", "%00", "a" * 5000])
def test_a_path_that_leads_elsewhere_is_refused(store: LocalStore, clock: Clock, key: str) -> None:
    """It is a refusal, not a fault, and names no file."""
    url = f"/files/upload/{key}/1?{urlsplit(address(store)).query}"
    assert put(store, url, clock=clock).status_code in (403, 404)


def test_an_address_without_its_query_is_refused(store: LocalStore, clock: Clock) -> None:
    """The key alone, which tickets and lists show, lets nobody write."""
    answer = put(store, f"/files/upload/{KEY}/1", clock=clock)
    assert code(answer) == (403, "INVALID_UPLOAD_URL")


def test_an_expired_address_is_refused(store: LocalStore, clock: Clock) -> None:
    """Until the second that it names, and not from then on."""
    url = address(store)
    clock.now = NOW + 899.9
    assert put(store, url, clock=clock).status_code == 204
    clock.now = NOW + 900
    assert code(put(store, url, clock=clock)) == (403, "INVALID_UPLOAD_URL")


def test_a_refusal_does_not_repeat_the_address(store: LocalStore, clock: Clock) -> None:
    """Neither its signature nor whose it is."""
    url = address(store)
    signature = dict(parse_qsl(urlsplit(url).query))["signature"]
    answer = put(store, url, b"short", clock=clock)
    assert answer.status_code == 422
    assert signature not in answer.text
    assert "login-1" not in answer.text


def test_addresses_of_an_older_key_are_good_while_it_is_a_fallback(
    tmp_path: Path, clock: Clock
) -> None:
    """A changed SECRET_KEY does not cut uploads under way; one that is gone does."""
    old, new = b"o" * 32, b"n" * 32
    before, after, later = (
        LocalStore(tmp_path, signer=Signer(keys), clock=clock, address=str)
        for keys in ((old,), (new, old), (new,))
    )
    before.begin(UPLOAD)
    url = address(before)
    assert put(after, url, clock=clock).status_code == 204
    assert code(put(later, url, clock=clock)) == (403, "INVALID_UPLOAD_URL")


def test_a_signature_of_another_use_is_no_permission(store: LocalStore, clock: Clock) -> None:
    """Not even of the same fields under the same key."""
    fields = (KEY, "1", "0", str(PART), "ada", "login-1", str(NOW + 900))
    url = altered(address(store), signature=SIGNER.sign("read a file", *fields))
    assert code(put(store, url, clock=clock)) == (403, "INVALID_UPLOAD_URL")


def test_an_ended_login_takes_its_addresses_with_it(store: LocalStore, clock: Clock) -> None:
    """401 SESSION_EXPIRED, and nothing is kept."""
    answer = put(store, address(store), clock=clock, login_lives=lambda *_login: False)
    assert code(answer) == (401, "SESSION_EXPIRED")
    assert store.arrived(UPLOAD) == []


@pytest.mark.parametrize("length", [0, 1, PART - 1, PART + 1])
def test_another_length_than_the_signed_one_is_refused(
    store: LocalStore, clock: Clock, length: int
) -> None:
    """Short and long: 422 PART_SIZE_MISMATCH before a byte is kept."""
    answer = put(store, address(store), b"a" * length, clock=clock)
    assert code(answer) == (422, "PART_SIZE_MISMATCH")
    assert store.arrived(UPLOAD) == []


@pytest.mark.parametrize("length", [None, "", f"+{PART}", f"{PART}.0", "1" * 5000, "٣"])
def test_a_length_that_is_missing_or_no_number_is_refused(
    store: LocalStore, clock: Clock, length: str | None
) -> None:
    """A body without an announced end, such as an endless chunked one, is not read at all."""

    class Untouched(io.RawIOBase):
        def readinto(self, _buffer: Any) -> int:
            raise AssertionError("the body was read")

    answer = put_stream(make_parts_app(store, clock=clock), address(store), Untouched(), length)
    assert code(answer) == (422, "PART_SIZE_MISMATCH")


def test_a_body_that_ends_early_is_refused_and_takes_nothing_back(
    store: LocalStore, clock: Clock
) -> None:
    """The part is as it was before: there, with the bytes it had."""
    app = make_parts_app(store, clock=clock, uploads_at_once=1)
    client = app.test_client()
    assert client.put(address(store), data=b"a" * PART).status_code == 204
    answer = put_stream(app, address(store), io.BytesIO(b"b" * (PART - 1)))
    assert code(answer) == (422, "PART_SIZE_MISMATCH")
    for number in (2, 3):  # its place is free again
        body = b"-" * UPLOAD.part_length(number)
        assert client.put(address(store, number), data=body).status_code == 204
    assert store.assemble(UPLOAD) is not None
    with store.open(KEY, 0, PART) as content:
        assert content.read() == b"a" * PART


def test_a_connection_that_breaks_is_a_body_that_ended_early(
    store: LocalStore, clock: Clock
) -> None:
    """The server says by an OSError that the connection was reset or silent."""

    class Broken(io.RawIOBase):
        def readinto(self, _buffer: Any) -> int:
            raise ConnectionResetError(errno.ECONNRESET, "reset")

    answer = put_stream(make_parts_app(store, clock=clock), address(store), Broken())
    assert code(answer) == (422, "PART_SIZE_MISMATCH")


def test_a_part_of_an_upload_that_has_ended_is_not_found(store: LocalStore, clock: Clock) -> None:
    """Committed or called off: 404, whatever the address says."""
    client = make_parts_app(store, clock=clock).test_client()
    for number in (1, 2, 3):
        body = b"a" * UPLOAD.part_length(number)
        assert client.put(address(store, number), data=body).status_code == 204
    store.assemble(UPLOAD)
    answer = client.put(address(store), data=b"b" * PART)
    assert code(answer) == (404, "NOT_FOUND")
    store.discard(UPLOAD)
    answer = client.put(address(store), data=b"b" * PART)
    assert code(answer) == (404, "NOT_FOUND")


def test_a_full_disk_is_said_and_leaves_nothing(
    store: LocalStore, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """507 STORAGE_FULL; there is room again, and the part can be sent again."""

    def full(*_args: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "pwrite", full)
        answer = put(store, address(store), clock=clock)
    assert code(answer) == (507, "STORAGE_FULL")
    assert store.arrived(UPLOAD) == []
    assert put(store, address(store), clock=clock).status_code == 204


def test_a_disk_that_fails_is_an_outage(
    store: LocalStore, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """503 with Retry-After, as for any store; it works again when the disk does."""

    def broken(*_args: object) -> int:
        raise OSError(errno.EIO, "I/O error")

    with monkeypatch.context() as patched:
        patched.setattr(os, "pwrite", broken)
        answer = put(store, address(store), clock=clock)
    assert code(answer) == (503, "SERVICE_UNAVAILABLE")
    assert "Retry-After" in answer.headers
    assert put(store, address(store), clock=clock).status_code == 204


def test_the_limit_of_other_bodies_is_not_that_of_parts(store: LocalStore, clock: Clock) -> None:
    """An app whose forms are small takes large files."""
    app = make_parts_app(store, clock=clock)
    app.config["MAX_CONTENT_LENGTH"] = 1000
    assert app.test_client().put(address(store), data=b"a" * PART).status_code == 204


@pytest.mark.limit("DOVETAIL_FILES_UPLOADS_AT_ONCE")
def test_more_parts_at_once_than_there_are_places_for_come_back_later(
    store: LocalStore, clock: Clock
) -> None:
    """503 with Retry-After: 1 while the places are taken; one that ends gives its place back."""
    app = make_parts_app(store, clock=clock, uploads_at_once=1)
    begun, go_on = threading.Event(), threading.Event()

    class Waiting(io.BytesIO):
        def readinto(self, buffer: Any) -> int:
            begun.set()
            assert go_on.wait(30)
            return super().readinto(buffer)

    def send_slowly() -> None:
        body = Waiting(b"a" * PART)
        answer = put_stream(app, address(store), body)
        statuses.append(answer.status_code)

    statuses: list[int] = []
    slow = threading.Thread(target=send_slowly)
    slow.start()
    try:
        assert begun.wait(30)
        refused = io.BytesIO(b"b" * PART)
        answer = put_stream(app, address(store, 2), refused)
        assert code(answer) == (503, "SERVICE_UNAVAILABLE")
        assert answer.headers["Retry-After"] == "1"
        assert refused.tell() == 0  # reading it would take a thread from the rest of the API
    finally:
        go_on.set()
        slow.join(30)
    assert statuses == [204]
    assert app.test_client().put(address(store, 2), data=b"b" * PART).status_code == 204


def test_a_client_that_drips_is_cut_off_some_time_after_its_address_expired(
    store: LocalStore, clock: Clock
) -> None:
    """Nobody holds a place for ever."""

    class Dripping(io.BytesIO):
        def readinto(self, buffer: Any) -> int:
            clock.now += 10
            return super().readinto(memoryview(buffer)[:10])

    body = Dripping(b"a" * PART)
    answer = put_stream(make_parts_app(store, clock=clock), address(store), body)
    assert code(answer) == (422, "PART_SIZE_MISMATCH")
    assert NOW + 900 + SLOW_SECONDS <= clock.now < NOW + 900 + 2 * SLOW_SECONDS
    assert store.arrived(UPLOAD) == []


def test_a_server_whose_stream_only_reads_will_do(store: LocalStore, clock: Clock) -> None:
    """WSGI asks for no more (PEP 3333)."""

    class Reading:
        def __init__(self, content: bytes) -> None:
            self.read = io.BytesIO(content).read

    app = make_parts_app(store, clock=clock)
    assert put_stream(app, address(store), Reading(b"a" * PART)).status_code == 204
    answer = put_stream(app, address(store, 2), Reading(b"a" * (PART - 1)))
    assert code(answer) == (422, "PART_SIZE_MISMATCH")
    assert store.arrived(UPLOAD) == [1]


def test_a_refused_body_is_read_to_its_end(store: LocalStore, clock: Clock) -> None:
    """So that the answer is heard: closing a connection on which bytes still come resets it."""
    body = io.BytesIO(b"a" * PART)
    app = make_parts_app(store, clock=clock, login_lives=lambda *_login: False)
    assert put_stream(app, address(store), body).status_code == 401
    assert body.tell() == PART
