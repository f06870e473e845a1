"""Logins that the application's own views begin, credentials and refusals of its own."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, redirect, request

from flask_dovetail import (
    ConfigurationError,
    Credentials,
    DeclarationError,
    Dovetail,
    Identity,
    Problem,
    begin_login,
    current_login,
    end_logins,
)
from flask_dovetail.contract import ResponseContractError
from support.auth_site import PASSWORD, SECRET_KEY


class TenantCredentials(Credentials):
    """With the tenant, and a captcha's answer."""

    tenant: str
    captcha: str | None = None


class CaptchaRequired(Problem, code="CAPTCHA_REQUIRED", status=403, title="Solve the captcha"):
    """Too many attempts from there."""


class Undeclared(Problem, code="UNDECLARED", status=403, title="Undeclared"):
    """In no list."""


def check(credentials: TenantCredentials) -> Any:
    if credentials.email == "odd@example.com":
        return {"id": 1}
    if credentials.email == "undeclared@example.com":
        raise Undeclared
    if credentials.captcha is None:
        raise CaptchaRequired("Which ones are boats?", site_key="k")
    known = credentials.password.get_secret_value() == PASSWORD
    return Identity(f"{credentials.tenant}:ada") if known else None


STRATEGIES: list[dict[str, Any]] = [
    {"DOVETAIL_AUTH_STRATEGY": "session"},
    {"DOVETAIL_AUTH_STRATEGY": "token"},
    {"DOVETAIL_AUTH_STRATEGY": "token", "DOVETAIL_AUTH_DPOP": True},
]


@pytest.fixture(params=STRATEGIES, ids=["session", "token", "dpop"])
def app(request: pytest.FixtureRequest, tmp_path: Path, migrated: Path) -> Flask:
    shutil.copy(migrated, tmp_path)
    app = Flask("example", instance_path=str(tmp_path))
    app.config.update(SECRET_KEY=SECRET_KEY, TESTING=True, **request.param)
    Dovetail(
        authenticate=check,  # type: ignore[arg-type]
        load_identity=Identity,
        credentials=TenantCredentials,
        login_problems=[CaptchaRequired],
    ).init_app(app)
    return app


def post_login(app: Flask, **more: Any) -> Any:
    client = app.test_client()
    token = client.get("/api/csrf-token").json["csrf"]
    body = {"email": "ada@example.com", "password": PASSWORD, "tenant": "acme"} | more
    return client.post("/auth/login", json=body, headers={"X-CSRF-Token": token})


def test_credentials_of_the_apps_own_reach_authenticate_and_the_document(app: Flask) -> None:
    signed_in = post_login(app, captcha="boats")
    assert signed_in.status_code == 200
    assert signed_in.json["login"]["subject"] == "acme:ada"
    missing = post_login(app, tenant=None)
    assert (missing.status_code, missing.json["errors"][0]["pointer"]) == (422, "/body/tenant")
    document = app.test_client().get("/openapi.json").json
    operation = document["paths"]["/auth/login"]["post"]
    assert operation["operationId"] == "dovetail_auth_login"
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    assert schema == {"$ref": "#/components/schemas/TenantCredentials"}
    assert "tenant" in document["components"]["schemas"]["TenantCredentials"]["required"]
    assert "CAPTCHA_REQUIRED" in str(operation["responses"]["403"]) + str(document["components"])


def test_declared_problems_of_authenticate_are_its_answer(app: Flask) -> None:
    refused = post_login(app)
    assert (refused.status_code, refused.json["code"]) == (403, "CAPTCHA_REQUIRED")
    assert refused.json["site_key"] == "k"


def test_an_undeclared_problem_names_the_list_that_the_app_can_extend(app: Flask) -> None:
    with pytest.raises(ResponseContractError, match=r"cure: add Undeclared to Dovetail\(login_pr"):
        post_login(app, email="undeclared@example.com")


def test_a_user_object_instead_of_an_identity_names_the_callable_and_the_cure(app: Flask) -> None:
    with pytest.raises(DeclarationError, match=r"(?s)dict.*key:  authenticate.*cure: write Ident"):
        post_login(app, email="odd@example.com")


@pytest.mark.parametrize(
    ("arguments", "key"),
    [
        ({"credentials": dict}, "Dovetail(credentials=...)"),
        ({"login_problems": [ValueError]}, "Dovetail(login_problems=...)"),
    ],
)
def test_what_cannot_be_part_of_the_route_is_refused_at_start(
    tmp_path: Path, arguments: Any, key: str
) -> None:
    app = Flask("example", instance_path=str(tmp_path))
    app.config.update(SECRET_KEY=SECRET_KEY)
    with pytest.raises(ConfigurationError) as refused:
        Dovetail(authenticate=lambda _: None, load_identity=Identity, **arguments).init_app(app)
    assert refused.value.key == key


def with_views(app: Flask) -> Flask:
    @app.get("/magic")
    def magic() -> Any:
        begun = begin_login(Identity("7", roles=("staff",)))
        assert current_login() == begun
        return redirect("/")

    @app.get("/stale")
    def stale() -> str:
        end_logins("7")
        begin_login(Identity("7"))
        return "begun"

    @app.get("/wrong")
    def wrong() -> str:
        begin_login("7")  # type: ignore[arg-type]
        return "begun"

    return app


def test_a_view_of_the_app_signs_in(app: Flask) -> None:
    client = with_views(app).test_client()
    answer = client.get("/magic")
    assert answer.status_code == 302
    assert answer.headers["Cache-Control"] == "no-store"
    assert client.get("/auth/session").json["login"]["subject"] == "7"
    if app.config["DOVETAIL_AUTH_STRATEGY"] == "token":
        granted = client.post("/auth/refresh", headers={"X-Requested-With": "XMLHttpRequest"})
        headers = {"Authorization": f"Bearer {granted.json['access_token']}"}
    else:
        headers = {"X-CSRF-Token": client.get("/api/csrf-token").json["csrf"]}
    assert client.get("/api/me", headers=headers).json["subject"] == "7"
    first = client.get("/auth/session").json["login"]["id"]
    client.get("/magic")
    listed = client.get("/auth/sessions", headers=headers)
    assert client.get("/auth/session").json["login"]["id"] != first
    assert listed.status_code in (200, 401)  # the former login has ended


def test_logins_that_ended_during_the_request_let_none_begin(app: Flask) -> None:
    client = with_views(app).test_client()
    answer = client.get("/stale")
    assert (answer.status_code, answer.json["code"]) == (503, "SERVICE_UNAVAILABLE")
    assert client.get("/auth/session").json == {"login": None}


def test_begin_login_takes_an_identity_only(app: Flask) -> None:
    with pytest.raises(DeclarationError, match="begin_login"):
        with_views(app).test_client().get("/wrong")


def test_the_request_is_needed(app: Flask) -> None:
    with app.test_request_context("/"):
        assert request.path == "/"
        assert begin_login(Identity("8")).subject == "8"
