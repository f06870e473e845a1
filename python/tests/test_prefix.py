"""An app mounted below a path: every address, cookie path and document names where it is."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from flask import Flask
from werkzeug.exceptions import NotFound
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.test import Client, TestResponse

from flask_dovetail import Dovetail, FilePolicy, Identity, content_url
from flask_dovetail.core import state
from flask_dovetail.files.files import Files
from support.built_page import HTML, SCRIPT, write_page
from support.dpop_proofs import BrowserKey
from support.whole_app import make_whole_app

Wsgi = Callable[[dict[str, Any], Any], Any]
ORIGIN = "http://localhost"
PROXY = {"DOVETAIL_TRUSTED_PROXIES": "127.0.0.1"}


def by_server(app: Flask) -> Wsgi:
    """As gunicorn splits the path when it has been given a `SCRIPT_NAME`."""
    return below(app, lambda environ: environ.update(SCRIPT_NAME="/app"))


def by_dispatcher(app: Flask) -> Wsgi:
    return DispatcherMiddleware(NotFound(), {"/app": app})  # type: ignore[dict-item]


def by_proxy(app: Flask) -> Wsgi:
    """As a proxy that takes the prefix off the path, and says so."""
    told = {"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_PREFIX": "/app"}
    return below(app, lambda environ: environ.update(told))


def below(app: Flask, tell: Callable[[dict[str, Any]], None]) -> Wsgi:
    def wsgi(environ: dict[str, Any], start_response: Any) -> Any:
        path = environ["PATH_INFO"]
        if path != "/app" and not path.startswith("/app/"):
            return NotFound()(environ, start_response)
        environ["PATH_INFO"] = path.removeprefix("/app")
        tell(environ)
        return app(environ, start_response)

    return wsgi


WAYS = {"SCRIPT_NAME": by_server, "DispatcherMiddleware": by_dispatcher, "proxy": by_proxy}


class Site:
    """An app with people and files, in one strategy, and a browser that finds it below `/app`."""

    def __init__(self, app: Flask, wsgi: Wsgi) -> None:
        self.app = app
        self.client = Client(wsgi)
        self.headers = {"X-Requested-With": "XMLHttpRequest", "Origin": ORIGIN}

    def get(self, path: str, **kwargs: Any) -> TestResponse:
        return self.client.get(path, base_url=ORIGIN, buffered=True, **kwargs)

    def post(self, path: str, **kwargs: Any) -> TestResponse:
        return self.client.post(path, base_url=ORIGIN, headers=self.headers, **kwargs)

    def sign_in(self) -> TestResponse:
        self.headers["X-CSRF-Token"] = self.get("/app/api/csrf-token").json["csrf"]
        answer = self.post("/app/auth/login", json={"email": "ada@example.com", "password": "x"})
        assert answer.status_code == 200, answer.text
        if "csrf" in answer.json:
            self.headers["X-CSRF-Token"] = answer.json["csrf"]
        else:
            self.headers["Authorization"] = f"Bearer {answer.json['access_token']}"
        return answer


MakeSite = Callable[..., Site]


@pytest.fixture
def make_app(tmp_path: Path, migrated: Path) -> Callable[..., Flask]:
    apps: list[Flask] = []

    def make(**config: Any) -> Flask:
        file = shutil.copy(migrated, tmp_path / f"{len(apps)}.sqlite3")
        dovetail = Dovetail(
            authenticate=lambda credentials: Identity("ada"),
            load_identity=Identity,
            files={"file": FilePolicy()},
            notifications=[],
        )
        app = make_whole_app(
            tmp_path,
            dovetail,
            DOVETAIL_API_ORIGIN=ORIGIN,
            DOVETAIL_DATABASE_URL=f"sqlite:///{file}",
            DOVETAIL_LOGS_FORMAT="off",
            TESTING=True,
            **config,
        )
        app.add_url_rule("/api/things/", "things", lambda: "things")
        apps.append(app)
        return app

    return make


@pytest.fixture(params=WAYS)
def make_site(request: pytest.FixtureRequest, make_app: Callable[..., Flask]) -> MakeSite:
    def make(**config: Any) -> Site:
        app = make_app(**(PROXY if request.param == "proxy" else {}), **config)
        return Site(app, WAYS[request.param](app))

    return make


@pytest.fixture(params=["session", "token"])
def site(request: pytest.FixtureRequest, make_site: MakeSite) -> Site:
    return make_site(DOVETAIL_AUTH_STRATEGY=request.param)


def test_refresh_cookie_comes_back_to_the_refresh(make_site: MakeSite) -> None:
    """Its path names the prefix, in both directions: it is set, sent, replaced and cleared."""
    site = make_site(DOVETAIL_AUTH_STRATEGY="token")
    site.sign_in()
    cookie = site.client.get_cookie("rt", path="/app/auth")
    assert cookie is not None
    answer = site.post("/app/auth/refresh")
    assert answer.status_code == 200, answer.text
    assert site.get("/app/auth/session").json["login"]["subject"] == "ada"
    assert site.post("/app/auth/logout").status_code == 204
    assert site.client.get_cookie("rt", path="/app/auth") is None
    assert site.client.get_cookie("rt", path="/auth") is None


def test_cookies_of_the_host_keep_its_root(make_site: MakeSite) -> None:
    """`__Host-` demands the path `/`; a login below a prefix is one of the whole host."""
    site = make_site(DOVETAIL_AUTH_STRATEGY="session")
    site.sign_in()
    cookie = site.client.get_cookie("sid", path="/")
    assert cookie is not None
    assert site.get("/app/api/me").json["subject"] == "ada"


def upload(site: Site, content: bytes) -> tuple[dict[str, Any], str]:
    """Send a file in three calls; return it, and the address of its one part."""
    ticket = site.post(
        "/app/files/upload/presign",
        json={"name": "note.txt", "content_type": "text/plain", "size": len(content)},
    ).json
    url: str = ticket["parts"][0]["url"]
    parts = urlsplit(url)
    sent = site.client.put(f"{parts.path}?{parts.query}", base_url=ORIGIN, data=content)
    assert sent.status_code == 204, sent.text
    file: dict[str, Any] = site.post("/app/files/upload/commit", json={"key": ticket["key"]}).json
    return file, url


def test_file_goes_and_comes_by_addresses_below_the_prefix(site: Site) -> None:
    site.sign_in()
    content = b"hello"
    file, part_url = upload(site, content)
    assert part_url.startswith(f"{ORIGIN}/app/files/upload/")
    assert file["sha256"] == hashlib.sha256(content).hexdigest()
    assert file["content_url"].startswith(f"{ORIGIN}/app/files/{file['id']}/content?")
    parts = urlsplit(file["content_url"])
    assert site.get(f"{parts.path}?{parts.query}").data == content


def test_file_that_nginx_sends_is_named_as_nginx_knows_it(make_site: MakeSite) -> None:
    """An internal location is nginx's own, and is not below the prefix."""
    site = make_site(DOVETAIL_FILES_X_ACCEL_PREFIX="/_files/")
    site.sign_in()
    file, _ = upload(site, b"hello")
    parts = urlsplit(file["content_url"])
    answer = site.get(f"{parts.path}?{parts.query}")
    assert answer.headers["X-Accel-Redirect"].startswith("/_files/objects/")


def test_proxy_fix_may_say_it_instead(make_app: Callable[..., Flask]) -> None:
    app = make_app()
    app.wsgi_app = ProxyFix(app.wsgi_app, x_prefix=1)  # type: ignore[method-assign]
    assert Site(app, by_proxy(app)).get("/app/openapi.json").json["servers"] == [{"url": "/app"}]


def test_documents_name_the_prefix(make_site: MakeSite) -> None:
    site = make_site()
    assert site.get("/app/openapi.json").json["servers"] == [{"url": "/app"}]
    page = site.get("/app/docs")
    assert page.status_code in (200, 501)
    assert "/app/openapi.json" in page.text


def test_one_app_has_a_document_and_a_script_for_each_way_to_it(
    make_app: Callable[..., Flask],
) -> None:
    app = make_app(**PROXY)
    prefixed, plain = Client(by_proxy(app)), app.test_client()
    assert prefixed.get("/app/openapi.json").json["servers"] == [{"url": "/app"}]
    assert "servers" not in plain.get("/openapi.json").json
    assert '"apiPrefix":"/app"' in prefixed.get("/app/config.js").text
    assert "apiPrefix" not in plain.get("/config.js").text


def test_page_and_its_files_are_below_the_prefix(make_site: MakeSite, tmp_path: Path) -> None:
    write_page(tmp_path / "dist")
    site = make_site(DOVETAIL_DELIVERY_SPA_FOLDER=str(tmp_path / "dist"))
    wants_page = {"Accept": "text/html"}
    for path in ("/app", "/app/", "/app/posts/7"):
        assert site.get(path, headers=wants_page).text == HTML, path
    file = site.get("/app/assets/index-DiwrgTda.js")
    assert (file.text, file.headers["Cache-Control"]) == (
        SCRIPT,
        "public, max-age=31536000, immutable",
    )
    missing = site.get("/app/api/none", headers=wants_page)
    assert (missing.status_code, missing.json["code"]) == (404, "NOT_FOUND")
    assert '"apiPrefix":"/app"' in site.get("/app/config.js").text


def test_redirects_stay_below_the_prefix(make_site: MakeSite) -> None:
    site = make_site(DOVETAIL_DELIVERY_DEV_SERVER="http://localhost:5173")
    assert site.get("/app/api/things?a=1").location == "/app/api/things/?a=1"
    page = site.get("/app/posts?a=1", headers={"Accept": "text/html"})
    assert page.location == "http://localhost:5173/app/posts?a=1"


def test_sockets_are_found_below_the_prefix(make_site: MakeSite) -> None:
    """The refusal of a request that is no WebSocket comes from the sockets."""
    answer = make_site().get("/app/socket.io/?EIO=4&transport=polling")
    assert (answer.status_code, answer.json["code"]) == (400, "BAD_REQUEST")
    assert "WebSocket" in answer.json["detail"]


def test_proof_of_possession_is_for_the_address_that_the_browser_sees(make_site: MakeSite) -> None:
    site = make_site(
        DOVETAIL_AUTH_STRATEGY="token", DOVETAIL_AUTH_ALGORITHM="HS256", DOVETAIL_AUTH_DPOP=True
    )
    key = BrowserKey()

    def sign_in(path: str) -> TestResponse:
        url = f"{ORIGIN}{path}"
        body = {"email": "ada@example.com", "password": "x"}
        nonce = site.client.post(
            "/app/auth/login",
            base_url=ORIGIN,
            json=body,
            headers={**site.headers, "DPoP": key.proof(htu=url, iat=1)},
        ).headers.get("DPoP-Nonce")
        proof = key.proof(htu=url, **({} if nonce is None else {"nonce": nonce}))
        headers = {**site.headers, "DPoP": proof}
        return site.client.post("/app/auth/login", base_url=ORIGIN, json=body, headers=headers)

    assert sign_in("/app/auth/login").status_code == 200
    assert sign_in("/auth/login").json["code"] == "INVALID_DPOP_PROOF"


def test_prefix_of_a_stranger_is_ignored(make_app: Callable[..., Flask]) -> None:
    """A header of someone who is no declared proxy moves neither cookies nor addresses."""
    said = {"X-Forwarded-Prefix": "/evil"}
    for config, peer in (({}, "127.0.0.1"), (PROXY, "203.0.113.9")):
        client = make_app(DOVETAIL_AUTH_STRATEGY="token", **config).test_client()
        environ = {"REMOTE_ADDR": peer}
        document = client.get("/openapi.json", headers=said, environ_overrides=environ).json
        assert "servers" not in document
        body = {"email": "ada@example.com", "password": "x"}
        headers = {**said, "X-Requested-With": "XMLHttpRequest"}
        answer = client.post("/auth/login", json=body, headers=headers, environ_overrides=environ)
        assert answer.status_code == 200
        assert client.get_cookie("rt", path="/auth") is not None


def test_outside_a_request_the_prefix_is_the_application_root(
    make_app: Callable[..., Flask],
) -> None:
    app = make_app(APPLICATION_ROOT="/app")
    site = Site(app, by_server(app))
    site.sign_in()
    file, _ = upload(site, b"hello")
    with app.app_context():
        row = state.get(Files).rows.find_file(file["id"])
        assert row is not None
        assert content_url(row) == f"{ORIGIN}/app/files/{file['id']}/content"


@pytest.mark.parametrize(
    ("script_name", "path"),
    [("/café", "/caf%C3%A9"), ("/a;b", "/a%3Bb"), ('/a"b', "/a%22b"), ("//evil.example", None)],
)
def test_prefix_is_encoded_where_it_leaves(
    make_app: Callable[..., Flask], script_name: str, path: str | None
) -> None:
    """No prefix ends a cookie's path, or becomes a host."""
    client = make_app(DOVETAIL_AUTH_STRATEGY="token").test_client()
    body = {"email": "ada@example.com", "password": "x"}
    answer = client.post(
        "/auth/login",
        json=body,
        headers={"X-Requested-With": "XMLHttpRequest"},
        environ_overrides={"SCRIPT_NAME": script_name.encode().decode("latin-1")},
    )
    (cookie,) = (c for c in answer.headers.getlist("Set-Cookie") if c.startswith("rt="))
    expected = quote("/evil.example") if path is None else path
    assert f"Path={expected}/auth;" in f"{cookie};"
