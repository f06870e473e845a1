"""The Host header: known ones are answered, and no answer leads to the host of a request."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from flask import Flask, url_for
from flask.testing import FlaskClient

from flask_dovetail import ConfigurationError, Dovetail, Topology

SECRET = "a secret of at least thirty-two bytes"


def client_of(tmp_path: Path, **config: Any) -> FlaskClient:
    app = Flask("hosts", instance_path=str(tmp_path))
    app.config.update(SECRET_KEY=SECRET, TESTING=True, DOVETAIL_LOGS_FORMAT="off", **config)
    Dovetail().init_app(app)
    app.add_url_rule("/where", "where", lambda: url_for("where", _external=True))
    app.add_url_rule("/folder/", "folder", lambda: "folder")
    app.add_url_rule("/a/b", "deep", lambda: "deep")
    return app.test_client()


@pytest.fixture
def client(tmp_path: Path) -> FlaskClient:
    return client_of(
        tmp_path,
        DOVETAIL_API_ORIGIN="https://api.example.com",
        DOVETAIL_FRONTEND_ORIGINS="https://app.example.com",
        DOVETAIL_SSR_ORIGINS="https://www.example.com",
        DOVETAIL_TRUSTED_HOSTS="api,10.1.2.3",
    )


@pytest.mark.parametrize(
    "host",
    [
        "api.example.com",
        "API.example.com:443",
        "app.example.com",
        "www.example.com",
        "api:8000",
        "10.1.2.3",
        "localhost",
        "localhost:5173",
        "127.0.0.1:8080",
        "[::1]:5000",
    ],
)
def test_the_topology_s_hosts_are_answered_on_every_port(client: FlaskClient, host: str) -> None:
    assert client.get("/where", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "example.com",
        "api.example.com.",
        "api.example.com.evil.example",
        "10.1.2.4",
        "[2001:db8::1]",
        "localhost.evil.example",
        "",
        "api.example.com, evil.example",
        "a b",
        "@x",
    ],
)
def test_another_host_is_refused(client: FlaskClient, host: str) -> None:
    answer = client.get("/where", headers={"Host": host})
    assert (answer.status_code, answer.json["code"]) == (400, "HOST_NOT_ALLOWED")
    assert answer.content_type == "application/problem+json"
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_probes_come_by_any_host(client: FlaskClient, path: str) -> None:
    answer = client.get(path, headers={"Host": "172.17.0.9:8000"})
    assert answer.json["status"] in ("ok", "failed")


def test_a_request_without_a_host_is_answered(client: FlaskClient) -> None:
    def without(environ: dict[str, Any], start_response: Any) -> Any:
        del environ["HTTP_HOST"]
        return client.application.wsgi_app(environ, start_response)

    from werkzeug.test import Client

    assert Client(without).get("/a/b").status_code == 200


def test_a_forwarded_host_is_checked_too(tmp_path: Path) -> None:
    client = client_of(
        tmp_path,
        DOVETAIL_API_ORIGIN="https://api.example.com",
        DOVETAIL_TRUSTED_PROXIES="127.0.0.1/32",
    )
    for host, status in (("api.example.com", 200), ("evil.example", 400)):
        told = {"X-Forwarded-For": "192.0.2.1", "X-Forwarded-Host": host}
        assert client.get("/where", headers=told).status_code == status


def test_any_host_where_the_app_says_so(tmp_path: Path) -> None:
    client = client_of(tmp_path, DOVETAIL_TRUSTED_HOSTS="*")
    assert client.get("/where", headers={"Host": "anything.example"}).status_code == 200


def test_a_trusted_host_that_is_none_stops_the_app() -> None:
    for host in ("https://api", "api:8000", "*.example.com", ""):
        with pytest.raises(ConfigurationError, match="DOVETAIL_TRUSTED_HOSTS"):
            Topology.of(trusted_hosts=[host])


@pytest.mark.parametrize(
    ("path", "location"),
    [
        ("//a//b", "/a/b"),
        ("/a///b?x=1&y=%2F", "/a/b?x=1&y=%2F"),
        ("/folder", "/folder/"),
        ("//evil.example/folder", None),
        ("//folder", "/folder/"),
    ],
)
@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:9"])
def test_a_redirect_to_another_spelling_names_no_host(
    client: FlaskClient, path: str, location: str | None, host: str
) -> None:
    """Nor is it kept: a cache would give it to everybody."""
    bare, _, query = path.partition("?")
    answer = client.get(
        query_string=query, headers={"Host": host}, environ_overrides={"PATH_INFO": bare}
    )
    if location is None:
        assert answer.status_code == 404
        return
    assert answer.status_code == 308
    assert answer.headers["Location"] == location
    assert answer.headers["Cache-Control"] == "no-store"
