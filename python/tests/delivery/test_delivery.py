"""The built page from Flask: right answer, right cache life, never a page where a 404 belongs."""

from __future__ import annotations

import gzip
import os
from typing import TYPE_CHECKING, Any

import pytest

from flask_dovetail.core.errors import ConfigurationError
from flask_dovetail.delivery import build, csp
from support.built_page import HTML, SCRIPT

if TYPE_CHECKING:
    from pathlib import Path

    from flask import Flask, Response
    from flask.testing import FlaskClient

    from support.bare_app import MakeApp

BROWSER = {"Accept": "text/html,*/*;q=0.8", "Sec-Fetch-Dest": "document"}
ENTRY = "/assets/index-DiwrgTda.js"


@pytest.fixture
def client(make_app: MakeApp) -> FlaskClient:
    return make_app().test_client()


def assert_not_found(response: Any) -> None:
    assert response.status_code == 404
    assert response.content_type == "application/problem+json"
    assert response.json["code"] == "NOT_FOUND"
    assert response.headers["Cache-Control"] == "no-store"


# Pages


@pytest.mark.parametrize("path", ["/", "/index.html", "/posts/7", "/apiary", "/users/jane.doe"])
def test_page_addresses_answer_with_the_page(client: FlaskClient, path: str) -> None:
    response = client.get(path, headers=BROWSER)
    assert response.status_code == 200
    assert response.text == HTML
    assert response.content_type == "text/html; charset=utf-8"
    assert response.headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize(
    "path",
    [
        "/api",
        "/api/unknown",
        "/auth/unknown",
        "/files/7",
        "/static/a.png",
        "/bff/unknown",
        "/socket.io/",
        "/.well-known/unknown",
        "/healthz",
        "/assets/gone-DiwrgTda.js",
        "/assets/7",
        "/gone.css",
        "/../etc/passwd",
        "/assets/%2e%2e/%2e%2e/secret.txt",
        "/assets/..%2f..%2fsecret.txt",
        "/%00.js",
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_missing_file_is_a_404(client: FlaskClient, spa: Path, path: str, method: str) -> None:
    (spa.parent / "secret.txt").write_text("secret")
    response = client.open(path, method=method, headers=BROWSER)
    if method == "GET":
        assert_not_found(response)
    assert response.status_code == 404


def test_a_script_tag_never_gets_the_page(client: FlaskClient) -> None:
    assert_not_found(client.get("/chunk", headers={"Accept": "*/*", "Sec-Fetch-Dest": "script"}))


def test_routes_of_the_app_win(client: FlaskClient) -> None:
    assert client.get("/hello", headers=BROWSER).text == "the app's own"
    assert client.get("/api/posts", headers=BROWSER).json == []


def test_a_wrong_method_stays_a_405(client: FlaskClient) -> None:
    response = client.get("/subscribe", headers=BROWSER)
    assert response.status_code == 405
    assert response.json["code"] == "METHOD_NOT_ALLOWED"
    assert "POST" in response.headers["Allow"]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_only_reading_gets_the_page(client: FlaskClient, method: str) -> None:
    assert client.open("/posts/7", method=method, headers=BROWSER).status_code == 404


def test_prefixes_can_be_chosen(make_app: MakeApp) -> None:
    client = make_app(DELIVERY_API_PREFIXES="/rpc").test_client()
    assert_not_found(client.get("/rpc/unknown", headers=BROWSER))
    assert client.get("/files/7", headers=BROWSER).status_code == 200


# Cache life


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        (ENTRY, "public, max-age=31536000, immutable"),
        ("/assets/index-a-Bc_1xY.css", "public, max-age=31536000, immutable"),
        ("/assets/logo-4f1c09ab.svg", "public, max-age=31536000, immutable"),
        ("/assets/unlisted-Ab3dEf9h.js", "no-cache"),
        ("/index.html", "no-cache"),
        ("/favicon.ico", "no-cache"),
        ("/sw.js", "no-cache"),
        ("/.well-known/security.txt", "no-cache"),
    ],
)
def test_hashed_files_are_immutable_and_the_rest_is_not(
    client: FlaskClient, path: str, kept: str
) -> None:
    assert client.get(path).headers["Cache-Control"] == kept


def test_without_a_manifest_hashed_names_below_assets_are_immutable(
    make_app: MakeApp, spa: Path
) -> None:
    (spa / ".vite/manifest.json").unlink()
    client = make_app().test_client()
    assert "immutable" in client.get("/assets/unlisted-Ab3dEf9h.js").headers["Cache-Control"]
    assert client.get("/favicon.ico").headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize(
    "path",
    [
        f"{ENTRY}.map",
        f"{ENTRY}.br",
        f"{ENTRY}.gz",
        "/.vite/manifest.json",
        "/.env",
        "/index.html.gz",
    ],
)
def test_what_is_not_for_browsers_is_a_404(client: FlaskClient, path: str) -> None:
    assert_not_found(client.get(path, headers=BROWSER))


# Conditional requests, variants, ranges


@pytest.mark.parametrize("path", ["/posts/7", ENTRY])
def test_an_unchanged_file_is_a_304(client: FlaskClient, path: str) -> None:
    first = client.get(path)
    by_tag = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
    by_date = client.get(path, headers={"If-Modified-Since": first.headers["Last-Modified"]})
    for again in (by_tag, by_date):
        assert again.status_code == 304
        assert again.data == b""
        assert again.headers["ETag"] == first.headers["ETag"]
        assert again.headers["Cache-Control"] == first.headers["Cache-Control"]
    assert client.get(path, headers={"If-None-Match": '"other"'}).status_code == 200


@pytest.mark.parametrize(
    ("accepted", "coding", "body"),
    [
        ("gzip, deflate, br", "br", b"stands for brotli"),
        ("gzip", "gzip", gzip.compress(SCRIPT.encode(), mtime=0)),
        ("br;q=0, gzip", "gzip", gzip.compress(SCRIPT.encode(), mtime=0)),
        ("identity", None, SCRIPT.encode()),
        ("", None, SCRIPT.encode()),
    ],
)
def test_the_precompressed_file_is_sent_to_whoever_takes_it(
    client: FlaskClient, accepted: str, coding: str | None, body: bytes
) -> None:
    response = client.get(ENTRY, headers={"Accept-Encoding": accepted})
    assert response.headers.get("Content-Encoding") == coding
    assert response.headers["Vary"] == "Accept-Encoding"
    assert response.content_type == "text/javascript; charset=utf-8"
    assert response.headers["Content-Length"] == str(len(response.data))
    if coding == "gzip":
        assert gzip.decompress(response.data) == gzip.decompress(body)
    else:
        assert response.data == body


def test_each_variant_has_a_tag_of_its_own(client: FlaskClient) -> None:
    tags = {
        coding: client.get(ENTRY, headers={"Accept-Encoding": coding}).headers["ETag"]
        for coding in ("br", "gzip", "identity")
    }
    assert len(set(tags.values())) == 3
    other = client.get(ENTRY, headers={"Accept-Encoding": "br", "If-None-Match": tags["gzip"]})
    assert other.status_code == 200


def test_a_file_without_variants_does_not_vary(client: FlaskClient) -> None:
    response = client.get("/favicon.ico", headers={"Accept-Encoding": "br"})
    assert "Vary" not in response.headers
    assert "Content-Encoding" not in response.headers


def test_head_has_the_headers_and_no_body(client: FlaskClient) -> None:
    for path in ("/posts/7", ENTRY):
        got, head = client.get(path), client.head(path)
        assert head.data == b""
        assert dict(head.headers) | {"Date": ""} == dict(got.headers) | {"Date": ""}


def test_a_range_is_a_part(client: FlaskClient) -> None:
    part = client.get(ENTRY, headers={"Range": "bytes=8-11"})
    assert part.status_code == 206
    assert part.data == SCRIPT.encode()[8:12]
    assert part.headers["Content-Range"] == f"bytes 8-11/{len(SCRIPT)}"


def test_a_range_beyond_the_end_is_a_problem(client: FlaskClient) -> None:
    response = client.get(ENTRY, headers={"Range": "bytes=999999-"})
    assert response.status_code == 416
    assert response.json["code"] == "RANGE_NOT_SATISFIABLE"


# Large files are read when they are asked for


@pytest.fixture
def large(spa: Path) -> Path:
    path = spa / "film.mp4"
    path.write_bytes(os.urandom(build.IN_MEMORY_BYTES + 5))
    return path


def test_a_large_file_is_sent_whole_in_part_and_not_again(make_app: MakeApp, large: Path) -> None:
    content = large.read_bytes()
    client = make_app().test_client()

    def get(**headers: str) -> Any:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return client.get("/film.mp4", headers=sent, buffered=True)

    whole = get()
    assert whole.data == content
    assert whole.headers["Content-Length"] == str(len(content))
    assert whole.content_type == "video/mp4"
    part = get(Range="bytes=-5")
    assert (part.status_code, part.data) == (206, content[-5:])
    unchanged = get(If_None_Match=whole.headers["ETag"])
    assert (unchanged.status_code, unchanged.data) == (304, b"")
    assert get(If_Match='"other"').status_code == 412
    assert get(Range="bytes=9999999-").status_code == 416
    assert client.head("/film.mp4").headers["Content-Length"] == str(len(content))


def test_a_large_file_that_the_next_build_replaced_is_a_404(make_app: MakeApp, large: Path) -> None:
    client = make_app().test_client()
    large.write_bytes(b"next")
    assert_not_found(client.get("/film.mp4"))
    large.unlink()
    assert_not_found(client.get("/film.mp4"))


# The folder


def test_a_running_process_keeps_its_build_while_the_next_is_written(
    make_app: MakeApp, spa: Path
) -> None:
    client = make_app().test_client()
    (spa / "index.html").write_text("next")
    (spa / ENTRY[1:]).unlink()
    assert client.get("/").text == HTML
    assert client.get(ENTRY).text == SCRIPT


def test_in_debug_mode_a_new_build_is_seen_without_a_restart(make_app: MakeApp, spa: Path) -> None:
    client = make_app(config={"DEBUG": True}).test_client()
    before = client.get("/config.js").text
    (spa / "index.html").write_text("next")
    (spa / "index.html.gz").unlink()
    (spa / "assets/next-Zx9wVu8t.js").write_text("next()")
    assert client.get("/").text == "next"
    assert client.get("/assets/next-Zx9wVu8t.js").text == "next()"
    assert client.get("/config.js").text != before


def test_in_debug_mode_a_half_written_build_is_not_served(make_app: MakeApp, spa: Path) -> None:
    client = make_app(config={"DEBUG": True}).test_client()
    (spa / "index.html").unlink()
    assert client.get("/").text == HTML


def test_links_out_of_the_folder_are_not_followed(make_app: MakeApp, spa: Path) -> None:
    outside = spa.parent / "outside"
    outside.mkdir()
    (outside / "secret.txt").write_text("secret")
    (spa / "file.txt").symlink_to(outside / "secret.txt")
    (spa / "folder").symlink_to(outside)
    (spa / "robots.txt").symlink_to(spa / "assets/index-a-Bc_1xY.css")
    client = make_app().test_client()
    assert_not_found(client.get("/file.txt"))
    assert_not_found(client.get("/folder/secret.txt"))
    assert client.get("/robots.txt").status_code == 200


def test_the_folder_itself_may_be_a_link(make_app: MakeApp, spa: Path) -> None:
    (spa.parent / "current").symlink_to(spa)
    client = make_app(DELIVERY_SPA_FOLDER=str(spa.parent / "current")).test_client()
    assert client.get(ENTRY).text == SCRIPT


def test_a_relative_folder_starts_at_the_root_path(make_app: MakeApp) -> None:
    assert make_app(DELIVERY_SPA_FOLDER="dist").test_client().get("/").text == HTML


@pytest.mark.parametrize("given", ["nowhere", "dist/assets"])
def test_a_folder_without_a_build_is_refused_with_key_and_cure(
    make_app: MakeApp, given: str
) -> None:
    with pytest.raises(ConfigurationError, match=r"holds no index\.html") as refused:
        make_app(DELIVERY_SPA_FOLDER=given)
    assert refused.value.key == "DOVETAIL_DELIVERY_SPA_FOLDER"
    assert "vite build" in refused.value.cure


@pytest.mark.parametrize("manifest", ["{", "[]", '{"a": {}}', '{"a": 1}'])
def test_a_manifest_that_is_none_is_refused(make_app: MakeApp, spa: Path, manifest: str) -> None:
    (spa / ".vite/manifest.json").write_text(manifest)
    with pytest.raises(ConfigurationError, match=r"manifest\.json"):
        make_app()


def test_without_a_folder_every_unknown_address_is_a_404(make_app: MakeApp) -> None:
    client = make_app(DELIVERY_SPA_FOLDER=None).test_client()
    assert_not_found(client.get("/", headers={"Accept": "application/json"}))
    assert client.get("/", headers=BROWSER).status_code == 404
    assert client.get("/config.js").status_code == 200


def test_two_apps_in_one_process_serve_their_own_builds(make_app: MakeApp, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "index.html").write_text("other")
    first, second = make_app(), make_app(DELIVERY_SPA_FOLDER=str(other))
    assert first.test_client().get("/").text == HTML
    assert second.test_client().get("/").text == "other"
    assert first.test_client().get("/config.js").text != second.test_client().get("/config.js").text


# Headers


def test_the_page_carries_a_strict_policy(client: FlaskClient) -> None:
    headers = client.get("/posts/7", headers=BROWSER).headers
    policy = headers["Content-Security-Policy"]
    assert policy == csp.page_policy(HTML, connect_src=())
    assert "script-src 'self' 'sha256-" in policy
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"


def test_the_policy_names_an_api_on_another_origin(make_app: MakeApp) -> None:
    client = make_app(
        API_ORIGIN="https://api.example.com", FRONTEND_ORIGINS=["https://app.example.com"]
    ).test_client()
    policy = client.get("/").headers["Content-Security-Policy"]
    assert "connect-src 'self' https://api.example.com wss://api.example.com" in policy


@pytest.mark.parametrize("path", ["/", ENTRY, "/api/posts", "/api/unknown", "/config.js", "/hello"])
def test_every_answer_is_safe_by_default(client: FlaskClient, path: str) -> None:
    headers = client.get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "strict-origin-when-cross-origin"
    for directive in ("object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"):
        assert directive in headers["Content-Security-Policy"]
    assert "Strict-Transport-Security" not in headers


def test_transport_security_is_asked_for_over_https_only(make_app: MakeApp) -> None:
    client = make_app(API_ORIGIN="https://www.example.com").test_client()
    for path in ("/", "/api/posts", "/api/unknown"):
        sent = client.get(path).headers["Strict-Transport-Security"]
        assert sent == "max-age=63072000; includeSubDomains"


def test_headers_of_the_app_win(make_app: MakeApp) -> None:
    app = make_app()

    @app.after_request
    def own(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = "default-src https:"
        response.headers["referrer-policy"] = "no-referrer"
        return response

    for path in ("/", "/hello"):
        headers = app.test_client().get(path).headers
        assert headers.getlist("Content-Security-Policy") == ["default-src https:"]
        assert headers.getlist("Referrer-Policy") == ["no-referrer"]


# The development server


@pytest.fixture
def dev(make_app: MakeApp) -> Flask:
    return make_app(DELIVERY_DEV_SERVER="http://localhost:5173", DELIVERY_SPA_FOLDER="nowhere")


@pytest.mark.parametrize(
    ("asked", "location"),
    [
        ("/", "http://localhost:5173/"),
        ("/posts/7?tab=a%26b&x=1", "http://localhost:5173/posts/7?tab=a%26b&x=1"),
        ("/%EA%B8%80", "http://localhost:5173/%EA%B8%80"),
        ("/a%0d%0aSet-Cookie:x", "http://localhost:5173/a%0D%0ASet-Cookie%3Ax"),
    ],
)
def test_page_addresses_are_sent_to_the_development_server(
    dev: Flask, asked: str, location: str
) -> None:
    response = dev.test_client().get(asked, headers=BROWSER)
    assert response.status_code == 302
    assert response.headers["Location"] == location
    assert response.headers["Cache-Control"] == "no-store"


def test_no_address_leads_anywhere_but_the_development_server(dev: Flask) -> None:
    response = dev.test_client().get("/", environ_overrides={"PATH_INFO": "//evil.example/x"})
    assert response.headers["Location"] == "http://localhost:5173/evil.example/x"


def test_api_addresses_stay_where_they_are(dev: Flask) -> None:
    client = dev.test_client()
    assert client.get("/api/posts", headers=BROWSER).json == []
    assert_not_found(client.get("/api/unknown", headers=BROWSER))
    assert client.get("/subscribe", headers=BROWSER).status_code == 405
    assert client.post("/posts/7", headers=BROWSER).status_code == 404


@pytest.mark.parametrize(
    "given", ["http://127.0.0.2:5173", "http://[::1]:5173/", "http://a.localhost"]
)
def test_any_address_of_this_machine_is_taken(make_app: MakeApp, given: str) -> None:
    response = make_app(DELIVERY_DEV_SERVER=given).test_client().get("/x")
    assert response.headers["Location"] == f"{given.rstrip('/')}/x"


@pytest.mark.parametrize(
    "given",
    [
        "http://example.com:5173",
        "http://localhost.example.com",
        "http://192.168.0.7:5173",
        "http://localhost@example.com",
        "http://me@localhost:5173",
        "http://localhost:5173?x",
        "http://localhost:5173/app",
        "localhost:5173",
        "ftp://localhost",
        "",
    ],
)
def test_another_machine_is_refused_with_key_and_cure(make_app: MakeApp, given: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        make_app(DELIVERY_DEV_SERVER=given)
    assert refused.value.key == "DOVETAIL_DELIVERY_DEV_SERVER"
    assert refused.value.cure
