"""/config.js: one build for every environment, readable by everybody, and never a secret."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from flask_dovetail.core.errors import ConfigurationError
from flask_dovetail.delivery.cli import config_js

if TYPE_CHECKING:
    from flask import Flask

    from support.bare_app import MakeApp


def content(app: Flask) -> dict[str, Any]:
    text = app.test_client().get("/config.js").text.partition("\n")[0]
    start, end = "window.__APP_CONFIG__ = Object.freeze(", ");"
    assert text.startswith(start)
    assert text.endswith(end)
    found: dict[str, Any] = json.loads(text[len(start) : -len(end)])
    return found


def test_it_is_a_script_that_nobody_keeps(make_app: MakeApp) -> None:
    response = make_app().test_client().get("/config.js")
    assert response.status_code == 200
    assert response.content_type == "application/javascript"
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "Set-Cookie" not in response.headers


def test_a_page_on_the_api_origin_is_told_its_own_origin(make_app: MakeApp) -> None:
    assert content(make_app())["apiOrigin"] == ""


def test_a_page_elsewhere_is_told_the_api_origin(make_app: MakeApp) -> None:
    app = make_app(
        API_ORIGIN="https://api.example.com", FRONTEND_ORIGINS=["https://app.example.com"]
    )
    assert content(app)["apiOrigin"] == "https://api.example.com"


def test_behind_a_development_server_the_api_is_on_the_page_origin(make_app: MakeApp) -> None:
    app = make_app(
        DELIVERY_DEV_SERVER="http://localhost:5173", FRONTEND_ORIGINS=["http://localhost:5173"]
    )
    assert content(app) == {
        "apiOrigin": "",
        "authStrategy": "session",
        "buildId": "none",
        "public": {},
    }


def test_the_build_is_named_by_its_content(make_app: MakeApp, spa: Any) -> None:
    first = content(make_app())["buildId"]
    assert content(make_app())["buildId"] == first
    assert len(first) == 12
    (spa / "index.html").write_text("<title>Next</title>")
    assert content(make_app())["buildId"] != first


def test_only_listed_values_are_published(make_app: MakeApp) -> None:
    app = make_app(
        config={"SECRET_KEY": "hidden-value", "FEATURES": ["search"], "LIMIT": 3, "OTHER": 1},
        DELIVERY_PUBLIC_CONFIG=["FEATURES", "LIMIT"],
    )
    assert content(app)["public"] == {"FEATURES": ["search"], "LIMIT": 3}
    assert "hidden-value" not in app.test_client().get("/config.js").text


def test_it_is_the_same_with_and_without_a_login(make_app: MakeApp) -> None:
    app = make_app()
    signed_in = app.test_client()
    signed_in.set_cookie("sid", "a-login")
    assert signed_in.get("/config.js").data == app.test_client().get("/config.js").data


@pytest.mark.parametrize("value", ["</script><script>alert(1)</script>", "a\u2028b\u2029c", "<!--"])
def test_no_value_can_leave_the_script(make_app: MakeApp, value: str) -> None:
    app = make_app(config={"TITLE": value}, DELIVERY_PUBLIC_CONFIG=["TITLE"])
    text = app.test_client().get("/config.js").text
    assert not set("<>\u2028\u2029") & set(text)
    assert content(app)["public"]["TITLE"] == value


@pytest.mark.parametrize(
    "name",
    [
        "SECRET_KEY",
        "MAIL_PASSWORD",
        "STRIPE_KEY",
        "API_TOKEN",
        "SENTRY_DSN",
        "DATABASE_DSN",
        "DATABASE_URL",
        "SQLALCHEMY_DATABASE_URI",
        "REDIS_URL",
        "DB_HOST",
        "JWT_PRIVATE_KEY",
        "PUBLIC_SECRET",
        "CLIENTSECRET",
    ],
)
def test_a_name_that_looks_like_a_secret_is_refused_with_key_and_cure(
    make_app: MakeApp, name: str
) -> None:
    with pytest.raises(ConfigurationError) as refused:
        make_app(config={name: "value-of-it"}, DELIVERY_PUBLIC_CONFIG=[name])
    assert name in refused.value.fact
    assert refused.value.key == "DOVETAIL_DELIVERY_PUBLIC_CONFIG"
    assert refused.value.cure
    assert "value-of-it" not in str(refused.value)


@pytest.mark.parametrize("name", ["VAPID_PUBLIC_KEY", "STRIPE_PUBLISHABLE_KEY", "MONKEY_COUNT"])
def test_a_name_that_says_it_is_public_is_taken(make_app: MakeApp, name: str) -> None:
    app = make_app(config={name: "value"}, DELIVERY_PUBLIC_CONFIG=[name])
    assert content(app)["public"] == {name: "value"}


@pytest.mark.parametrize("value", [object(), float("nan"), {1, 2}, b"bytes"])
def test_a_value_that_is_not_json_is_refused(make_app: MakeApp, value: Any) -> None:
    with pytest.raises(ConfigurationError, match="cannot be written as JSON"):
        make_app(config={"THING": value}, DELIVERY_PUBLIC_CONFIG=["THING"])


def test_a_listed_name_that_is_not_set_is_refused(make_app: MakeApp) -> None:
    with pytest.raises(ConfigurationError, match="THING, which is not set"):
        make_app(DELIVERY_PUBLIC_CONFIG=["THING"])


@pytest.mark.parametrize(
    "value", ["https://user:hunter2@example.com", {"deep": ["amqp://u:hunter2@queue/"]}]
)
def test_an_address_with_a_password_is_refused_and_not_repeated(
    make_app: MakeApp, value: Any
) -> None:
    with pytest.raises(ConfigurationError, match="URL with a password") as refused:
        make_app(config={"UPSTREAM": value}, DELIVERY_PUBLIC_CONFIG=["UPSTREAM"])
    assert "hunter2" not in str(refused.value)


def test_the_command_prints_what_is_served(make_app: MakeApp) -> None:
    app = make_app()
    printed = app.test_cli_runner().invoke(config_js)
    assert printed.exit_code == 0
    assert printed.output == app.test_client().get("/config.js").text
