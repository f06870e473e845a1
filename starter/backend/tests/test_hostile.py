"""Whatever arrives on the wire is answered with a problem of the right code, never a 500.

The real server, once with SQLite and once with PostgreSQL and Valkey.
"""

from __future__ import annotations

import json
import secrets
import socket
import sqlite3
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import httpx
import pytest

from starter_support.running import Browser, Server, serve, services
from starter_support.settings import PASSWORD

POST = {"title": "Hello", "body": "World"}


# PostgreSQL refuses more than SQLite does: what slips through is an error there.
@pytest.fixture(
    scope="module", params=[pytest.param("embedded", marks=pytest.mark.long), "services"]
)
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    with ExitStack() as stack:
        environment = stack.enter_context(services()) if request.param == "services" else {}
        folder = tmp_path_factory.mktemp(request.param)
        yield stack.enter_context(serve(folder, **environment))


@pytest.fixture(scope="module")
def member(server: Server) -> Iterator[Browser]:
    with server.browser() as browser:
        yield browser.sign_in()


@pytest.fixture
def stranger(server: Server) -> Iterator[Browser]:
    with server.browser() as browser:
        yield browser


def refused(answer: httpx.Response, status: int, code: str) -> dict[str, object]:
    """The problem in that answer, which it has to be."""
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem: dict[str, object] = answer.json()
    assert (problem["status"], problem["code"]) == (status, code)
    assert problem["request_id"] == answer.headers["X-Request-Id"]
    assert "Traceback" not in answer.text
    return problem


def refused_raw(answer: bytes, status: int, code: str) -> None:
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(f"HTTP/1.1 {status} ".encode()), answer
    assert b"content-type: application/problem+json" in head.lower()
    assert b"x-request-id: " in head.lower()
    assert json.loads(body)["code"] == code


# Bodies


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"{'title': 1}",
        b'{"title": "a", "body": "b"} trailing',
        b'{"title": NaN, "body": "b"}',
        b'{"title": "\xff\xfe", "body": "b"}',
        b'{"title": "\\ud800", "body": "b"}',
        b'{"title": "raw\nnewline", "body": "b"}',
        b"\x1f\x8b\x08\x00" + bytes(40),
    ],
)
def test_a_body_that_is_not_json_is_refused(member: Browser, body: bytes) -> None:
    answer = member.post("/api/posts", content=body, headers={"Content-Type": "application/json"})
    refused(answer, 400, "MALFORMED_JSON")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ("null", "/body"),
        ("[]", "/body"),
        ('"text"', "/body"),
        ("1e400", "/body"),
        ('{"title": "a"}', "/body/body"),
        ('{"title": 1, "body": "b"}', "/body/title"),
        ('{"title": true, "body": "b"}', "/body/title"),
        ('{"title": ["a"], "body": "b"}', "/body/title"),
        ('{"title": {"$ne": null}, "body": "b"}', "/body/title"),
        ('{"title": "nul\\u0000", "body": "b"}', "/body/title"),
        ('{"title": "a", "body": "b", "mine": true}', "/body/mine"),
        ('{"title": "a", "body": "b", "__proto__": {}}', "/body/__proto__"),
        ('{"title": "a", "body": "b", "x~y/z": 1}', "/body/x~0y~1z"),
        ("", "/body"),
    ],
)
def test_json_of_the_wrong_shape_is_refused_with_the_pointer(
    member: Browser, body: str, pointer: str
) -> None:
    answer = member.post("/api/posts", content=body, headers={"Content-Type": "application/json"})
    problem = refused(answer, 422, "VALIDATION_FAILED")
    errors = problem["errors"]
    assert isinstance(errors, list)
    assert pointer in [error["pointer"] for error in errors]


def test_json_nested_beyond_reason_is_refused(member: Browser) -> None:
    for deep in (b"[" * 60_000, b"[" * 30_000 + b"]" * 30_000, b'{"a":' * 10_000):
        answer = member.post(
            "/api/posts", content=deep, headers={"Content-Type": "application/json"}
        )
        assert answer.status_code in (400, 422)
        refused(answer, answer.status_code, answer.json()["code"])


def test_a_huge_body_is_refused_however_it_is_sent(member: Browser) -> None:
    huge = json.dumps({"title": "a", "body": "x" * 70_000}).encode()
    kind = {"Content-Type": "application/json"}
    refused(member.post("/api/posts", content=huge, headers=kind), 413, "PAYLOAD_TOO_LARGE")
    chunks = (huge[i : i + 4096] for i in range(0, len(huge), 4096))
    refused(member.post("/api/posts", content=chunks, headers=kind), 413, "PAYLOAD_TOO_LARGE")


@pytest.mark.parametrize(
    "kind",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/xml",
        "application/json; charset=utf-16",
        "nonsense",
        None,
    ],
)
def test_a_body_of_another_media_type_is_refused(member: Browser, kind: str | None) -> None:
    headers = {} if kind is None else {"Content-Type": kind}
    answer = member.post("/api/posts", content=json.dumps(POST).encode(), headers=headers)
    refused(answer, 415, "UNSUPPORTED_MEDIA_TYPE")


# Addresses


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/api/posts?limit=0", 422, "VALIDATION_FAILED"),
        ("/api/posts?limit=101", 422, "VALIDATION_FAILED"),
        ("/api/posts?limit=ten", 422, "VALIDATION_FAILED"),
        ("/api/posts?limit=1e1000", 422, "VALIDATION_FAILED"),
        ("/api/posts?limit=5&limit=6", 422, "VALIDATION_FAILED"),
        ("/api/posts?sort=password_hash", 422, "VALIDATION_FAILED"),
        ("/api/posts?cursor=%00", 422, "VALIDATION_FAILED"),
        ("/api/posts?cursor=", 400, "INVALID_CURSOR"),
        ("/api/posts?cursor=%FF%FE", 400, "INVALID_CURSOR"),
        ("/api/posts?cursor=' OR 1=1 --", 400, "INVALID_CURSOR"),
        ("/api/posts?cursor=" + "W" * 4000, 400, "INVALID_CURSOR"),
        ("/api/posts/0", 422, "VALIDATION_FAILED"),
        ("/api/posts/2147483648", 422, "VALIDATION_FAILED"),
        ("/api/posts/" + "9" * 400, 422, "VALIDATION_FAILED"),
        ("/api/posts/2147483647", 404, "NOT_FOUND"),
        ("/api/posts/-1", 404, "NOT_FOUND"),
        ("/api/posts/1.5", 404, "NOT_FOUND"),
        ("/api/posts/%00", 404, "NOT_FOUND"),
        ("/api/posts/0/comments", 422, "VALIDATION_FAILED"),
        ("/api/posts/2147483648/comments", 422, "VALIDATION_FAILED"),
        ("/api/posts/2147483647/comments", 404, "NOT_FOUND"),
        ("/api/posts/x/comments", 404, "NOT_FOUND"),
        ("/api/posts/1/comments?limit=101", 422, "VALIDATION_FAILED"),
        ("/api/posts/1/comments?cursor=' OR 1=1 --", 400, "INVALID_CURSOR"),
        ("/api/%2e%2e/%2e%2e/etc/passwd", 404, "NOT_FOUND"),
        ("/api/unknown", 404, "NOT_FOUND"),
        ("/auth/unknown", 404, "NOT_FOUND"),
    ],
)
def test_an_address_that_cannot_be_is_refused(
    stranger: Browser, path: str, status: int, code: str
) -> None:
    refused(stranger.get(path), status, code)


def test_an_endless_request_line_is_refused(server: Server) -> None:
    request = f"GET /api/posts?cursor={'W' * 9000} HTTP/1.1\r\nHost: localhost\r\n\r\n"
    refused_raw(server.raw(request.encode()), 414, "URI_TOO_LONG")


@pytest.mark.parametrize(
    "request_head",
    [
        "GET /api/posts HTTP/1.1\r\nHost: localhost\r\nBad Name: x\r\n\r\n",
        "GET /api/posts HTTP/1.1\r\nHost: localhost\r\nX-Thing: a\r\n folded: b\r\n\r\n",
        "GET /api/posts HTTP/1.1\r\nHost: localhost\r\nX-Thing: nul\0byte\r\n\r\n",
        "GET /api/posts HTTP/9.9\r\nHost: localhost\r\n\r\n",
        "get /api/posts HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "POST /api/posts HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}",
        "POST / HTTP/1.1\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}",
    ],
)
def test_what_is_not_http_is_refused_and_not_repeated(server: Server, request_head: str) -> None:
    answer = server.raw(request_head.encode("latin-1"))
    refused_raw(answer, 400, "BAD_REQUEST")
    assert b"folded" not in answer
    assert b"nul" not in answer.partition(b"\r\n\r\n")[2].replace(b"null", b"")


def test_a_body_whose_chunks_are_broken_is_refused(server: Server) -> None:
    head = (
        "POST /api/signup HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        "Transfer-Encoding: chunked\r\n\r\n"
    )
    answer = server.raw(head.encode() + b"ZZZ\r\nnot a chunk\r\n0\r\n\r\n")
    refused_raw(answer, 400, "BAD_REQUEST")


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("PUT", "/api/posts/0/like", 422, "VALIDATION_FAILED"),
        ("PUT", "/api/posts/2147483648/like", 422, "VALIDATION_FAILED"),
        ("PUT", "/api/posts/2147483647/like", 404, "NOT_FOUND"),
        ("DELETE", "/api/posts/2147483648/like", 422, "VALIDATION_FAILED"),
        ("DELETE", "/api/posts/2147483647/like", 404, "NOT_FOUND"),
        ("DELETE", "/api/comments/0", 422, "VALIDATION_FAILED"),
        ("DELETE", "/api/comments/2147483647", 404, "NOT_FOUND"),
        ("DELETE", "/api/comments/1 OR 1=1", 404, "NOT_FOUND"),
        ("GET", "/api/comments/1", 405, "METHOD_NOT_ALLOWED"),
        ("POST", "/api/posts/1/like", 405, "METHOD_NOT_ALLOWED"),
    ],
)
def test_a_like_or_a_comment_that_cannot_be_is_refused(
    member: Browser, method: str, path: str, status: int, code: str
) -> None:
    refused(member.request(method, path), status, code)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ("null", "/body"),
        ("[]", "/body"),
        ("{}", "/body/text"),
        ('{"text": 1}', "/body/text"),
        ('{"text": ""}', "/body/text"),
        ('{"text": "nul\\u0000"}', "/body/text"),
        ('{"text": "a", "author_id": 2}', "/body/author_id"),
        (json.dumps({"text": "x" * 2001}), "/body/text"),
    ],
)
def test_a_comment_of_the_wrong_shape_is_refused_with_the_pointer(
    member: Browser, body: str, pointer: str
) -> None:
    kind = {"Content-Type": "application/json"}
    answer = member.post("/api/posts/1/comments", content=body, headers=kind)
    errors = refused(answer, 422, "VALIDATION_FAILED")["errors"]
    assert isinstance(errors, list)
    assert [error["pointer"] for error in errors] == [pointer]


# Headers


def test_line_breaks_in_input_never_become_headers(stranger: Browser) -> None:
    for path in (
        "/api/posts?cursor=%0d%0aSet-Cookie:%20evil=1",
        "/api/%0d%0aSet-Cookie:%20evil=1",
        "/page%0d%0aSet-Cookie:%20evil=1",
    ):
        assert "evil" not in str(stranger.get(path).headers)
    login = {"email": "a@example.com\r\nSet-Cookie: evil=1", "password": "x"}
    refused(stranger.post("/auth/login", json=login), 422, "VALIDATION_FAILED")


@pytest.mark.parametrize("sent", ["<script>", "a b", "x" * 200, "../../etc", "ä"])
def test_a_request_id_that_is_not_sane_is_replaced(stranger: Browser, sent: str) -> None:
    answer = stranger.get("/api/unknown", headers={"X-Request-Id": sent.encode()})
    assert refused(answer, 404, "NOT_FOUND")["request_id"] != sent


def test_header_fields_too_large_are_refused(server: Server) -> None:
    for fields in (
        f"Cookie: sid={'a' * 9000}\r\n",
        f"X-Thing: {'a' * 20_000}\r\n",
        "".join(f"X-{number}: a\r\n" for number in range(200)),
    ):
        request = f"GET /api/me HTTP/1.1\r\nHost: localhost\r\n{fields}\r\n"
        refused_raw(server.raw(request.encode()), 431, "HEADER_FIELDS_TOO_LARGE")


@pytest.mark.parametrize("path", ["/api/posts/1", "/api/posts/1?_method=DELETE"])
def test_the_method_cannot_be_overridden(member: Browser, path: str) -> None:
    headers = {"X-HTTP-Method-Override": "DELETE", "X-HTTP-Method": "DELETE", "X-Method": "DELETE"}
    answer = member.post(path, headers=headers, json={"_method": "DELETE"})
    refused(answer, 405, "METHOD_NOT_ALLOWED")
    assert "DELETE" in answer.headers["Allow"]
    assert member.get(path.partition("?")[0], headers=headers).status_code == 200


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "PROPFIND", "BREW"])
def test_other_methods_are_refused(stranger: Browser, method: str) -> None:
    refused(stranger.request(method, "/api/posts"), 405, "METHOD_NOT_ALLOWED")


# Cookies and logins


def test_the_same_cookie_with_two_values_is_refused(server: Server, member: Browser) -> None:
    cookie = f"{member.cookie}; sid={'A' * 43}"
    answer = httpx.get(f"{server.origin}/api/me", headers={"Cookie": cookie}, trust_env=False)
    refused(answer, 400, "AMBIGUOUS_COOKIE")


def test_a_forged_login_has_ended(server: Server) -> None:
    headers = {"Cookie": f"sid={secrets.token_urlsafe(32)}"}
    answer = httpx.get(f"{server.origin}/api/me", headers=headers, trust_env=False)
    refused(answer, 401, "SESSION_EXPIRED")


@pytest.mark.parametrize(
    "forged",
    [
        "x",
        "A" * 4000,
        "../../etc/passwd",
        "' OR '1'='1",
        '{"$gt":""}',
        "%00",
        '"quoted"',
    ],
)
def test_what_cannot_be_a_login_is_nobody(server: Server, forged: str) -> None:
    headers = {"Cookie": f"sid={forged}"}
    answer = httpx.get(f"{server.origin}/api/me", headers=headers, trust_env=False)
    refused(answer, 401, "UNAUTHENTICATED")


def test_a_login_that_was_ended_is_nobody(server: Server) -> None:
    with server.browser() as browser:
        cookie = browser.sign_in().cookie
        assert browser.post("/auth/logout").status_code == 204
    answer = httpx.get(f"{server.origin}/api/me", headers={"Cookie": cookie}, trust_env=False)
    refused(answer, 401, "SESSION_EXPIRED")


def test_a_login_that_was_idle_too_long_is_nobody(tmp_path: Path) -> None:
    with serve(tmp_path) as alone, alone.browser() as browser:
        assert browser.sign_in().get("/api/me").status_code == 200
        with closing(sqlite3.connect(tmp_path / "starter.sqlite3")) as database, database:
            database.execute("UPDATE dovetail_logins SET last_seen_at = last_seen_at - 7200")
        refused(browser.get("/api/me"), 401, "SESSION_EXPIRED")


def test_the_token_of_another_login_is_refused(server: Server, member: Browser) -> None:
    with server.browser() as other:
        theirs = {"X-CSRF-Token": other.sign_in("staff@example.com").headers["X-CSRF-Token"]}
        refused(member.post("/api/posts", json=POST, headers=theirs), 403, "CSRF_FAILED")


@pytest.mark.parametrize("token", ["", "x", "A" * 43, "A" * 8000, "ä"])
def test_a_token_that_was_not_issued_is_refused(member: Browser, token: str) -> None:
    headers = {"X-CSRF-Token": token.encode()}
    refused(member.post("/api/posts", json=POST, headers=headers), 403, "CSRF_FAILED")


def test_a_sign_in_without_a_token_is_refused(server: Server) -> None:
    """Login CSRF: nobody can be signed in to somebody else's account from another page."""
    login = {"email": "demo@example.com", "password": PASSWORD}
    answer = httpx.post(f"{server.origin}/auth/login", json=login, trust_env=False)
    refused(answer, 403, "CSRF_FAILED")


# What a page of somebody else's can make a browser send


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "https://evil.example",
        "http://localhost",
        "http://localhost.evil.example",
        "https://localhost:{port}",
        "http://localhost:{port}.evil.example",
        "http://LOCALHOST:{port}",
        "http://localhost:{port}/",
        "http://127.0.0.1:{port}",
        "file://",
        "nonsense",
    ],
)
def test_another_origin_changes_nothing_and_reads_nothing(
    server: Server, member: Browser, origin: str
) -> None:
    headers = {"Origin": origin.format(port=server.port)}
    refused(member.post("/api/posts", json=POST, headers=headers), 403, "ORIGIN_NOT_ALLOWED")
    refused(member.delete("/api/posts/1", headers=headers), 403, "ORIGIN_NOT_ALLOWED")
    refused(member.put("/api/posts/1/like", headers=headers), 403, "ORIGIN_NOT_ALLOWED")
    for answer in (
        member.get("/api/me", headers=headers),
        member.options(
            "/api/posts", headers={**headers, "Access-Control-Request-Method": "DELETE"}
        ),
    ):
        assert "Access-Control-Allow-Origin" not in answer.headers
    assert member.get("/api/posts/1").status_code == 200


def test_a_cross_site_request_without_an_origin_is_refused(server: Server, member: Browser) -> None:
    headers = {"Cookie": member.cookie, "Sec-Fetch-Site": "cross-site"}
    for path in ("/api/posts", "/auth/logout", "/auth/logout-others"):
        answer = httpx.post(f"{server.origin}{path}", headers=headers, trust_env=False)
        refused(answer, 403, "ORIGIN_NOT_ALLOWED")


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("text/plain", json.dumps(POST)),
        ("application/x-www-form-urlencoded", "title=Hello&body=World"),
        ("multipart/form-data; boundary=x", "--x--"),
    ],
)
def test_a_form_post_with_the_cookie_is_refused(
    server: Server, member: Browser, kind: str, body: str
) -> None:
    """No preflight is asked for these: the cookie alone must not be enough, on any address."""
    headers = {"Cookie": member.cookie, "Content-Type": kind}
    for path in ("/api/posts", "/auth/logout", "/auth/logout-others", "/auth/login"):
        answer = httpx.post(
            f"{server.origin}{path}", content=body, headers=headers, trust_env=False
        )
        refused(answer, 403, "CSRF_FAILED")
    assert member.get("/api/me").status_code == 200


def test_no_secret_is_in_any_line_of_the_log(server: Server) -> None:
    """Signs up, signs in, sends secrets to wrong places, then reads the whole log of the server."""
    word = secrets.token_urlsafe(12)
    email = f"log-{secrets.token_hex(6)}@example.com"
    with server.browser() as browser:
        account = {"email": email, "name": "Log", "password": word}
        assert browser.post("/api/signup", json=account).status_code == 201
        browser.post("/api/signup", json={**account, "password": [word]})
        browser.post("/auth/login", json={"email": email, "password": f"{word}!"})
        login = browser.post("/auth/login", json={"email": email, "password": word})
        token = login.json()["csrf"]
        browser.headers["X-CSRF-Token"] = token
        cookie = browser.cookies["sid"]
        browser.get("/api/me", params={"password": word, "token": token, "email": email})
        browser.post("/api/posts", content=f'{{"title": "{word}"')
        server.raw(f"GET / HTTP/1.1\r\nCookie: sid={cookie}\0\r\n\r\n".encode())
        server.raw(f"BAD {cookie} {word}\r\n\r\n".encode())
        browser.post("/auth/logout")
    lines = server.log.read_text().splitlines()
    assert len(lines) > 8
    for line in lines:
        for secret in (word, email, token, cookie, PASSWORD):
            assert secret not in line


def test_clients_that_stall_hold_no_thread_for_long(tmp_path: Path) -> None:
    """More of them than there are threads, in the middle of a header: others wait 10 s at most."""
    with serve(tmp_path, GUNICORN_CMD_ARGS="--threads=8") as server, ExitStack() as stalled:
        for _ in range(12):
            client = stalled.enter_context(socket.create_connection(("127.0.0.1", server.port)))
            client.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
        time.sleep(1)
        assert httpx.get(f"{server.origin}/healthz", timeout=25, trust_env=False).status_code == 200
