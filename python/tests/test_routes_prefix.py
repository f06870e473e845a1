"""`DOVETAIL_ROUTES_PREFIX` moves Dovetail's own routes, and whatever names one of them follows."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from flask_dovetail import ConfigurationError, Dovetail, FilePolicy, Identity, SecurityScheme
from flask_dovetail.core.own_routes import ENDPOINTS
from support.built_page import write_page
from support.dpop_proofs import BrowserKey
from support.whole_app import make_whole_app

ORIGIN = "http://localhost"
STAY = {"/config.js", "/.well-known/jwks.json"}
HEADERS = {"X-Requested-With": "XMLHttpRequest", "Origin": ORIGIN}
PERSON = {"email": "ada@example.com", "password": "x"}

MakeApp = Callable[..., Flask]


@pytest.fixture
def make_app(tmp_path: Path, migrated: Path) -> MakeApp:
    def make(**config: Any) -> Flask:
        file = shutil.copy(migrated, tmp_path / "logins.sqlite3")
        return make_whole_app(
            tmp_path,
            Dovetail(
                authenticate=lambda credentials: Identity("ada"),
                load_identity=Identity,
                files={"file": FilePolicy()},
                notifications=[],
                security_schemes={"old": SecurityScheme.cookie("old", lambda _: None)},
            ),
            DOVETAIL_API_ORIGIN=ORIGIN,
            DOVETAIL_DATABASE_URL=f"sqlite:///{file}",
            DOVETAIL_LOGS_FORMAT="off",
            TESTING=True,
            **{"DOVETAIL_ROUTES_PREFIX": "/_dovetail", **config},
        )

    return make


def sign_in(client: FlaskClient, below: str = "") -> dict[str, str]:
    """Sign in, and return the headers of later requests."""
    headers = dict(HEADERS)
    token = client.get(f"{below}/_dovetail/api/csrf-token").json["csrf"]
    headers["X-CSRF-Token"] = token
    answer = client.post(f"{below}/_dovetail/auth/login", json=PERSON, headers=headers)
    assert answer.status_code == 200, answer.text
    if "csrf" in answer.json:
        headers["X-CSRF-Token"] = answer.json["csrf"]
    else:
        headers["Authorization"] = f"Bearer {answer.json['access_token']}"
    return headers


@pytest.mark.parametrize("strategy", ["session", "token"])
def test_every_route_of_ours_is_below_the_prefix(make_app: MakeApp, strategy: str) -> None:
    app = make_app(DOVETAIL_AUTH_STRATEGY=strategy)
    own = {rule.rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith(ENDPOINTS)}
    assert len(own) > 25
    beside = {path for path in own if not path.startswith("/_dovetail/")}
    assert beside == (STAY if strategy == "token" else {"/config.js"})
    document = app.test_client().get("/_dovetail/openapi.json").json
    assert {path for path in document["paths"] if not path.startswith("/_dovetail/")} <= STAY
    for description in (
        s["description"] for s in document["components"]["securitySchemes"].values()
    ):
        assert " /auth/" not in description
        assert " /api/" not in description


@pytest.mark.parametrize("strategy", ["session", "token"])
def test_names_of_ours_are_free_for_the_app(make_app: MakeApp, strategy: str) -> None:
    """The app's own routes of the same names answer, and ours as well."""
    app = make_app(DOVETAIL_AUTH_STRATEGY=strategy)
    for path in ("/auth/login", "/auth/refresh", "/docs", "/api/me", "/healthz", "/files"):
        app.add_url_rule(path, path, lambda: "the app's", methods=["GET", "POST"])
    client = app.test_client()
    headers = sign_in(client)
    assert client.post("/auth/login", json=PERSON, headers=headers).text == "the app's"
    assert client.get("/healthz").text == "the app's"
    assert client.get("/_dovetail/healthz").json == {"status": "ok"}
    assert client.get("/_dovetail/api/me", headers=headers).json["subject"] == "ada"


@pytest.mark.parametrize("below", ["", "/app"])
def test_the_refresh_cookie_follows(make_app: MakeApp, below: str) -> None:
    """Its path is that of the routes, below the path that the app is mounted below."""
    app = make_app(DOVETAIL_AUTH_STRATEGY="token")
    inner = app.wsgi_app

    def mounted(environ: dict[str, Any], start_response: Any) -> Any:
        environ["PATH_INFO"] = environ["PATH_INFO"].removeprefix(below)
        environ["SCRIPT_NAME"] = below
        return inner(environ, start_response)

    app.wsgi_app = mounted  # type: ignore[method-assign]
    client = app.test_client()
    headers = sign_in(client, below)
    assert client.get_cookie("rt", path=f"{below}/_dovetail/auth") is not None
    answer = client.post(f"{below}/_dovetail/auth/refresh", headers=headers)
    assert answer.status_code == 200, answer.text
    answer = client.post(f"{below}/_dovetail/auth/logout", headers=headers)
    assert answer.status_code == 204
    assert client.get_cookie("rt", path=f"{below}/_dovetail/auth") is None


@pytest.mark.parametrize("strategy", ["session", "token"])
def test_addresses_of_files_follow(make_app: MakeApp, strategy: str) -> None:
    client = make_app(DOVETAIL_AUTH_STRATEGY=strategy).test_client()
    headers = sign_in(client)
    content = b"hello"
    described = {"name": "note.txt", "content_type": "text/plain", "size": len(content)}
    ticket = client.post("/_dovetail/files/upload/presign", json=described, headers=headers).json
    url = urlsplit(ticket["parts"][0]["url"])
    assert url.path.startswith("/_dovetail/files/upload/")
    assert client.put(f"{url.path}?{url.query}", data=content).status_code == 204
    file = client.post(
        "/_dovetail/files/upload/commit", json={"key": ticket["key"]}, headers=headers
    ).json
    assert file["sha256"] == hashlib.sha256(content).hexdigest()
    url = urlsplit(file["content_url"])
    assert url.path == f"/_dovetail/files/{file['id']}/content"
    assert client.get(f"{url.path}?{url.query}", buffered=True).data == content


def test_the_page_learns_the_prefix(make_app: MakeApp) -> None:
    assert '"routesPrefix":"/_dovetail"' in make_app().test_client().get("/config.js").text
    assert "routesPrefix" not in (
        make_app(DOVETAIL_ROUTES_PREFIX="").test_client().get("/config.js").text
    )


def test_documents_and_their_page_follow(make_app: MakeApp) -> None:
    client = make_app().test_client()
    assert client.get("/_dovetail/asyncapi.json").json["asyncapi"] == "3.0.0"
    page = client.get("/_dovetail/docs")
    assert "/_dovetail/openapi.json" in page.text
    if page.status_code == 200:
        assert "/_dovetail/api/csrf-token" in page.text
        assert client.get("/_dovetail/docs/docs_page.js", buffered=True).status_code == 200
        assert '"/_dovetail/docs/docs_page.js"' in page.text


def test_sockets_follow(make_app: MakeApp) -> None:
    """The refusal of a request that is no WebSocket comes from the sockets."""
    client = make_app().test_client()
    handshake = "socket.io/?EIO=4&transport=polling"
    assert client.get(f"/_dovetail/{handshake}").json["code"] == "BAD_REQUEST"
    assert client.get(f"/{handshake}").json["code"] == "NOT_FOUND"


def test_probes_by_address_follow(make_app: MakeApp) -> None:
    """The Host check spares the probes where they are now, and no view of the app's."""
    app = make_app()
    app.add_url_rule("/healthz", "healthz", lambda: "the app's")
    client = app.test_client()
    by_address = {"base_url": "http://10.0.0.7"}
    assert client.get("/_dovetail/healthz", **by_address).status_code == 200
    assert client.get("/_dovetail/readyz", **by_address).status_code == 200
    assert client.get("/healthz", **by_address).status_code == 400


def test_an_unknown_address_below_the_prefix_is_no_page(make_app: MakeApp, tmp_path: Path) -> None:
    write_page(tmp_path / "dist")
    client = make_app(DOVETAIL_DELIVERY_SPA_FOLDER=str(tmp_path / "dist")).test_client()
    wants_page = {"Accept": "text/html"}
    assert client.get("/_dovetail/none", headers=wants_page).status_code == 404
    assert client.get("/_dovetails", headers=wants_page).status_code == 200


def test_a_refusal_names_the_address_of_the_token(make_app: MakeApp) -> None:
    client = make_app().test_client()
    answer = client.post("/_dovetail/auth/login", json=PERSON, headers=HEADERS)
    assert answer.json["code"] == "CSRF_FAILED"
    assert "/_dovetail/api/csrf-token" in answer.json["detail"]


def test_a_proof_of_possession_is_for_the_moved_address(make_app: MakeApp) -> None:
    client = make_app(
        DOVETAIL_AUTH_STRATEGY="token", DOVETAIL_AUTH_ALGORITHM="HS256", DOVETAIL_AUTH_DPOP=True
    ).test_client()
    key = BrowserKey()
    url = f"{ORIGIN}/_dovetail/auth/login"

    def post(proof: str) -> TestResponse:
        headers = {**HEADERS, "DPoP": proof}
        return client.post("/_dovetail/auth/login", json=PERSON, headers=headers)

    nonce = post(key.proof(htu=url)).headers["DPoP-Nonce"]
    answer = post(key.proof(htu=url, nonce=nonce))
    assert answer.status_code == 200, answer.text
    assert post(key.proof(htu=f"{ORIGIN}/auth/login", nonce=nonce)).status_code == 401


def test_the_command_line_says_where_the_refresh_cookie_goes(make_app: MakeApp) -> None:
    shown = make_app().test_cli_runner().invoke(args=["dovetail", "topology"]).output
    assert "Path=/_dovetail/auth;" in shown
    assert "for /_dovetail/auth alone" in shown


@pytest.mark.parametrize("prefix", ["/a/b.c", "/~x", ""])
def test_plain_paths_are_prefixes(make_app: MakeApp, prefix: str) -> None:
    client = make_app(DOVETAIL_ROUTES_PREFIX=prefix).test_client()
    assert client.get(f"{prefix}/healthz").status_code == 200


@pytest.mark.parametrize(
    "prefix",
    ["/", "x", "/x/", "//x", "/..", "/x/../y", "/<x>", "/x y", "/x?y", "/x;y", "https://x", "/x\n"],
)
def test_anything_else_is_refused(make_app: MakeApp, prefix: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        make_app(DOVETAIL_ROUTES_PREFIX=prefix)
    assert refused.value.key == "DOVETAIL_ROUTES_PREFIX"
    assert "/_dovetail" in refused.value.cure
