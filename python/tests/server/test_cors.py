"""Exact origins may read every answer, errors included; nobody else may read any."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask, Response, abort, request
from werkzeug.test import TestResponse

from flask_dovetail.core import wire
from flask_dovetail.core.errors import ConfigurationError
from flask_dovetail.server import cors
from flask_dovetail.topology import Topology
from support.bare_app import MakeApp

API = "https://api.example.com"
APP = "https://app.example.com"
EVIL = [
    "https://evil.example",
    "https://app.example.com.evil.example",
    "https://xapp.example.com",
    "https://app.example.com:444",
    "http://app.example.com",
    "https://APP.example.com",
    "https://app.example.com/",
    "https://app.example.com ",
    "null",
    "",
    "*",
    "https://app.example.com, https://evil.example",
]


def app_with(make_app: MakeApp, *frontends: str, **config: Any) -> Flask:
    app = make_app(MAX_CONTENT_LENGTH=10, **config)
    cors.init_app(app, Topology.of(api_origin=API, frontend_origins=frontends))

    @app.route("/ok", methods=["GET", "POST"])
    def ok() -> str:
        return request.get_data(as_text=True)

    @app.get("/boom")
    def boom() -> str:
        raise RuntimeError("boom")

    @app.get("/gone")
    def gone() -> str:
        abort(410)

    @app.get("/own")
    def own() -> Response:
        return Response(
            "x",
            headers={
                "access-control-allow-origin": "*",
                "Access-Control-Allow-Private-Network": "true",
                "Vary": "Accept-Encoding",
            },
        )

    @app.get("/varies/<path:value>")
    def varies(value: str) -> Response:
        return Response("x", headers={"Vary": value})

    @app.route("/options", methods=["OPTIONS"])
    def options() -> Response:
        return Response("mine", headers={"Allow": "OPTIONS, REPORT"})

    return app


def cors_headers(answer: TestResponse) -> dict[str, str]:
    return {k: v for k, v in answer.headers if k.startswith("Access-Control-")}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/ok", 200),
        ("HEAD", "/ok", 200),
        ("GET", "/none", 404),
        ("DELETE", "/ok", 405),
        ("POST", "/ok", 413),
        ("GET", "/boom", 500),
        ("GET", "/gone", 410),
        ("GET", "/ok/", 404),
    ],
)
def test_an_allowed_origin_may_read_every_answer(
    make_app: MakeApp, method: str, path: str, status: int
) -> None:
    client = app_with(make_app, APP).test_client()
    data = "x" * 20 if method == "POST" else None
    answer = client.open(path, method=method, headers={"Origin": APP}, data=data)
    assert answer.status_code == status
    assert answer.headers.getlist("Access-Control-Allow-Origin") == [APP]
    assert answer.headers["Access-Control-Allow-Credentials"] == "true"
    exposed = answer.headers["Access-Control-Expose-Headers"].split(", ")
    assert set(wire.HEADERS["cors_expose"]) <= set(exposed)
    assert answer.headers["Vary"] == "Origin"


def test_an_answer_is_readable_when_a_hook_of_the_app_fails(make_app: MakeApp) -> None:
    app = app_with(make_app, APP)

    @app.after_request
    def broken(_: Response) -> Response:
        raise RuntimeError("hook")

    answer = app.test_client().get("/ok", headers={"Origin": APP})
    assert answer.status_code == 500
    assert answer.headers["Access-Control-Allow-Origin"] == APP


@pytest.mark.parametrize("origin", [*EVIL, API])
@pytest.mark.parametrize("path", ["/ok", "/none", "/boom"])
def test_no_other_origin_is_named(make_app: MakeApp, origin: str, path: str) -> None:
    answer = app_with(make_app, APP).test_client().get(path, headers={"Origin": origin})
    assert cors_headers(answer) == {}
    assert answer.headers["Vary"] == "Origin"


def test_answers_without_an_origin_vary_too_so_caches_stay_apart(make_app: MakeApp) -> None:
    answer = app_with(make_app, APP).test_client().get("/ok")
    assert cors_headers(answer) == {}
    assert answer.headers["Vary"] == "Origin"


def test_without_another_origin_nothing_is_added(make_app: MakeApp) -> None:
    answer = app_with(make_app).test_client().get("/ok", headers={"Origin": APP})
    assert cors_headers(answer) == {}
    assert "Vary" not in answer.headers


@pytest.mark.parametrize(
    ("said", "sent"),
    [
        ("Accept-Encoding", "Accept-Encoding, Origin"),
        ("Cookie, origin", "Cookie, origin"),
        ("X-Origin-Hint", "X-Origin-Hint, Origin"),
        ("*", "*"),
    ],
)
def test_vary_is_merged(make_app: MakeApp, said: str, sent: str) -> None:
    answer = app_with(make_app, APP).test_client().get(f"/varies/{said}")
    assert answer.headers.getlist("Vary") == [sent]


def test_cors_headers_of_a_view_are_replaced(make_app: MakeApp) -> None:
    answer = app_with(make_app, APP).test_client().get("/own", headers={"Origin": APP})
    assert answer.headers.getlist("Access-Control-Allow-Origin") == [APP]
    assert "Access-Control-Allow-Private-Network" not in answer.headers
    assert answer.headers["Vary"] == "Accept-Encoding, Origin"


def preflight(app: Flask, path: str, origin: str, **headers: str) -> TestResponse:
    return app.test_client().open(
        path,
        method="OPTIONS",
        headers={"Origin": origin, "Access-Control-Request-Method": "POST"} | headers,
    )


@pytest.mark.parametrize("path", ["/ok", "/none", "/boom", "/options", "/api/none/at/all"])
def test_a_preflight_of_any_path_is_answered(make_app: MakeApp, path: str) -> None:
    answer = preflight(app_with(make_app, APP), path, APP)
    assert answer.status_code == 204
    assert answer.data == b""
    assert answer.headers["Access-Control-Allow-Origin"] == APP
    assert answer.headers["Access-Control-Allow-Credentials"] == "true"
    assert answer.headers["Access-Control-Max-Age"] == "7200"
    assert (
        answer.headers["Access-Control-Allow-Methods"].split(", ") == wire.HEADERS["cors_methods"]
    )
    assert answer.headers["Access-Control-Allow-Headers"].split(", ") == wire.HEADERS["cors_allow"]
    assert answer.headers["Vary"] == "Origin"


def test_no_wildcard_stands_in_any_preflight_header(make_app: MakeApp) -> None:
    answer = preflight(app_with(make_app, APP), "/ok", APP)
    assert not any("*" in value for value in cors_headers(answer).values())


def test_a_preflight_runs_no_view_and_no_later_hook(make_app: MakeApp) -> None:
    app = app_with(make_app, APP)

    @app.before_request
    def later() -> None:
        raise RuntimeError("reached")

    assert preflight(app, "/options", APP).status_code == 204


@pytest.mark.parametrize("origin", [origin for origin in EVIL if origin])
@pytest.mark.parametrize("frontends", [(), (APP,)])
def test_a_preflight_from_elsewhere_is_refused(
    make_app: MakeApp, origin: str, frontends: tuple[str, ...]
) -> None:
    answer = preflight(app_with(make_app, *frontends), "/ok", origin)
    assert answer.status_code == 403
    assert answer.content_type == "application/problem+json"
    assert answer.get_json()["code"] == "ORIGIN_NOT_ALLOWED"
    assert cors_headers(answer) == {}


def test_access_to_a_private_network_is_never_granted(make_app: MakeApp) -> None:
    answer = preflight(
        app_with(make_app, APP), "/ok", APP, **{"Access-Control-Request-Private-Network": "true"}
    )
    assert answer.status_code == 204
    assert "Access-Control-Allow-Private-Network" not in answer.headers


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": APP},
        {"Access-Control-Request-Method": "POST"},
        {"Origin": API, "Access-Control-Request-Method": "POST"},
    ],
)
def test_an_options_request_that_is_no_preflight_reaches_the_app(
    make_app: MakeApp, headers: dict[str, str]
) -> None:
    client = app_with(make_app, APP).test_client()
    assert client.options("/options", headers=headers).text == "mine"
    automatic = client.options("/ok", headers=headers)
    assert automatic.status_code == 200
    assert set(automatic.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS", "POST"}


def test_settings_add_headers_and_set_the_age(make_app: MakeApp) -> None:
    app = app_with(
        make_app,
        APP,
        DOVETAIL_CORS_ALLOW_HEADERS="X-Thing, x-csrf-token",
        DOVETAIL_CORS_EXPOSE_HEADERS=["X-Total"],
        DOVETAIL_CORS_MAX_AGE_SECONDS=0,
    )
    answer = preflight(app, "/ok", APP)
    allowed = answer.headers["Access-Control-Allow-Headers"].split(", ")
    assert allowed == [*wire.HEADERS["cors_allow"], "X-Thing"]
    assert answer.headers["Access-Control-Max-Age"] == "0"
    read = app.test_client().get("/ok", headers={"Origin": APP})
    assert read.headers["Access-Control-Expose-Headers"].endswith(", X-Total")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("DOVETAIL_CORS_ALLOW_HEADERS", ["*"]),
        ("DOVETAIL_CORS_ALLOW_HEADERS", ["X-A\r\nSet-Cookie: a=b"]),
        ("DOVETAIL_CORS_ALLOW_HEADERS", ["X A"]),
        ("DOVETAIL_CORS_EXPOSE_HEADERS", ["*"]),
        ("DOVETAIL_CORS_EXPOSE_HEADERS", [""]),
        ("DOVETAIL_CORS_MAX_AGE_SECONDS", -1),
        ("DOVETAIL_CORS_MAX_AGE_SECONDS", "soon"),
    ],
)
def test_settings_that_cannot_work_are_refused(make_app: MakeApp, key: str, value: Any) -> None:
    with pytest.raises(ConfigurationError) as refused:
        app_with(make_app, APP, **{key: value})
    assert refused.value.key == key


def test_two_apps_of_one_process_keep_their_own_origins(make_app: MakeApp) -> None:
    one, other = app_with(make_app, APP), app_with(make_app, "https://other.example.com")
    for app, allowed in ((one, [APP]), (other, [])):
        answer = app.test_client().get("/ok", headers={"Origin": APP})
        assert answer.headers.getlist("Access-Control-Allow-Origin") == allowed
