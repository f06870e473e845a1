"""Apps with several hosts: ours answer on each, and the document and the guards tell them apart."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from flask_dovetail import ConfigurationError, Dovetail, FilePolicy, Identity, operation, signed_in
from flask_dovetail.contract import build_document

API = "https://api.example.com"
OTHER = "https://other.example.com"


@operation()
def public() -> int:
    """What everybody may read."""
    return 1


@signed_in
@operation()
def private() -> str:
    """What people who are signed in may read."""
    return "2"


@operation()
def of_tenant(tenant: str, number: int) -> str:
    """What a tenant may read."""
    return f"{tenant} {number}"


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    return make_app(tmp_path, host_matching=True, static_host="api.example.com")


def make_app(folder: Path, *, config: dict[str, Any] | None = None, **options: Any) -> Flask:
    app = Flask("example", instance_path=str(folder), **options)
    app.config.update(
        SECRET_KEY="a key that is long enough to be one",
        TESTING=True,
        DOVETAIL_API_ORIGIN=API,
        DOVETAIL_TRUSTED_HOSTS=["other.example.com"],
        DOVETAIL_LOGS_FORMAT="off",
    )
    app.config.update(config or {})
    Dovetail(
        authenticate=lambda credentials: None,
        load_identity=Identity,
        files={"file": FilePolicy()},
        notifications=[],
    ).init_app(app)
    return app


@pytest.mark.parametrize("base", [API, OTHER])
@pytest.mark.parametrize("prefix", ["", "/_dovetail"])
def test_our_routes_answer_on_every_host_that_is_allowed(
    tmp_path: Path, base: str, prefix: str
) -> None:
    app = make_app(
        tmp_path,
        config={"DOVETAIL_ROUTES_PREFIX": prefix},
        host_matching=True,
        static_host="api.example.com",
    )
    client = app.test_client()
    for path, status in (
        ("/healthz", 200),
        ("/api/csrf-token", 200),
        ("/openapi.json", 200),
        ("/asyncapi.json", 200),
        ("/files", 401),
        ("/auth/sessions", 401),
        ("/files/5f2b1f0e-6c1d-4c53-9d3e-0a7f5b6c8d9e", 401),
        ("/docs/none", 404),
    ):
        answer = client.get(prefix + path, base_url=base)
        assert answer.status_code == status, path
    assert client.get("/config.js", base_url=base).status_code == 200
    assert f"{prefix}/openapi.json" in client.get(f"{prefix}/docs", base_url=base).text


def test_the_host_check_stays(app: Flask) -> None:
    client = app.test_client()
    unknown = {"base_url": "http://10.0.0.7"}
    assert client.get("/healthz", **unknown).status_code == 200
    assert client.get("/openapi.json", **unknown).json["code"] == "HOST_NOT_ALLOWED"


@pytest.mark.parametrize("private_first", [True, False])
def test_one_path_on_two_hosts_is_two_operations(app: Flask, private_first: bool) -> None:
    """Each with its host, its guard and its answers, in the document and on the wire."""
    views = [("api.example.com", public), ("other.example.com", private)]
    for host, view in reversed(views) if private_first else views:
        app.add_url_rule("/x", host, view, host=host)
    client = app.test_client()
    assert client.get("/x", base_url=API).json == 1
    assert client.get("/x", base_url=OTHER).json["code"] == "UNAUTHENTICATED"
    paths = client.get("/openapi.json", base_url=API).json["paths"]
    first, second = paths["/x"]["get"], paths["/x#other.example.com"]["get"]
    assert "security" not in first
    assert "servers" not in first
    assert first["responses"]["200"]["content"]["application/json"]["schema"]["type"] == "integer"
    assert second["security"] == [{"session": []}]
    assert second["servers"] == [{"url": "//other.example.com"}]
    assert {"401", "200"} <= second["responses"].keys()
    below = client.get("/openapi.json", base_url=API, environ_overrides={"SCRIPT_NAME": "/app"})
    node = below.json["paths"]["/x#other.example.com"]["get"]
    assert node["servers"] == [{"url": "//other.example.com/app"}]


def test_a_host_with_a_variable_is_a_server_with_one(app: Flask) -> None:
    app.add_url_rule("/y/<int:number>", "tenant", of_tenant, host="<tenant>.example.com")
    client = app.test_client()
    assert client.get("/y/7", base_url=OTHER).json == "other 7"
    node = client.get("/openapi.json", base_url=API).json["paths"]["/y/{number}"]["get"]
    assert [parameter["name"] for parameter in node["parameters"]] == ["number"]
    assert node["servers"] == [
        {"url": "//{tenant}.example.com", "variables": {"tenant": {"default": "tenant"}}}
    ]


def test_our_operations_are_there_once(app: Flask, tmp_path: Path) -> None:
    with app.app_context():
        of_hosts = build_document(app)
    (tmp_path / "other").mkdir()
    plain = make_app(tmp_path / "other")
    with plain.app_context():
        assert of_hosts == build_document(plain)


def test_subdomains_are_hosts(tmp_path: Path) -> None:
    app = make_app(
        tmp_path,
        config={"SERVER_NAME": "example.com", "DOVETAIL_TRUSTED_HOSTS": ["*"]},
        subdomain_matching=True,
    )
    app.add_url_rule("/x", "public", public)
    app.add_url_rule("/x", "private", private, subdomain="other")
    client = app.test_client()
    assert client.get("/x", base_url="https://example.com").json == 1
    assert client.get("/x", base_url=OTHER).json["code"] == "UNAUTHENTICATED"
    with app.app_context():
        paths = build_document(app)["paths"]
    assert "security" not in paths["/x"]["get"]
    node = paths["/x#other.example.com"]["get"]
    assert node["security"] == [{"session": []}]
    assert node["servers"] == [{"url": "//other.example.com"}]


def test_only_the_api_host_can_collide(app: Flask) -> None:
    app.add_url_rule("/api/me", "theirs", lambda: "theirs", host="other.example.com")
    client = app.test_client()
    assert client.get("/api/me", base_url=OTHER).text == "theirs"
    assert client.get("/api/me", base_url=API).json["code"] == "UNAUTHENTICATED"


@pytest.mark.parametrize("host", ["api.example.com", "<tenant>.example.com", "<anything>"])
def test_a_route_on_the_api_host_collides(app: Flask, host: str) -> None:
    app.add_url_rule("/api/me", "theirs", lambda **_: "theirs", host=host)
    with pytest.raises(ConfigurationError, match="the view 'theirs'"):
        app.test_client().get("/", base_url=API)


def test_a_catch_all_of_the_api_host_goes_on_working(app: Flask) -> None:
    app.add_url_rule("/<path:x>", "all", lambda x: x, host="api.example.com")
    client = app.test_client()
    assert client.get("/a/b", base_url=API).text == "a/b"
    assert client.get("/api/me", base_url=API).json["code"] == "UNAUTHENTICATED"
