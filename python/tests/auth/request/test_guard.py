"""The guard of views, and its part of the document."""

from __future__ import annotations

import asyncio
import functools
from typing import Any

import pytest
from flask import Flask
from flask.views import MethodView

from flask_dovetail import auth
from flask_dovetail.contract.security import Security, security_of
from flask_dovetail.core.errors import DeclarationError
from support.auth_site import AuthSite, Browser


def view() -> dict[str, bool]:
    return {"called": True}


GUARDS: dict[str, Any] = {
    "bare": auth.signed_in,
    "scope": auth.signed_in(scope="posts:write"),
    "scopes": auth.signed_in(scopes=["posts:write", "posts:read"]),
    "role": auth.signed_in(role="staff"),
    "roles": auth.signed_in(roles=("admin", "staff")),
    "both": auth.signed_in(scope="posts:read", role="staff"),
    "scope-nobody-has": auth.signed_in(scope="posts:delete"),
    "one-scope-too-many": auth.signed_in(scope="posts:read", scopes=["posts:delete"]),
    "role-nobody-has": auth.signed_in(role="admin"),
}
REFUSED = {
    "scope-nobody-has": "INSUFFICIENT_SCOPE",
    "one-scope-too-many": "INSUFFICIENT_SCOPE",
    "role-nobody-has": "MISSING_ROLE",
}
FOR_BOB = {"bare": None, "role": "MISSING_ROLE", "roles": "MISSING_ROLE"}


@pytest.fixture
def guarded(site: AuthSite) -> AuthSite:
    for name, guard in GUARDS.items():
        site.app.add_url_rule(f"/{name}", name, guard(view))
    return site


@pytest.mark.parametrize("name", GUARDS)
def test_strangers_are_asked_to_sign_in(guarded: AuthSite, name: str) -> None:
    answer = guarded.browser().get(f"/{name}")
    assert answer.status_code == 401
    assert answer.json["code"] == "UNAUTHENTICATED"
    assert "WWW-Authenticate" in answer.headers


@pytest.mark.parametrize("name", GUARDS)
def test_all_scopes_and_one_role_are_needed(guarded: AuthSite, name: str) -> None:
    browser = guarded.browser()
    browser.sign_in()
    answer = browser.get(f"/{name}")
    if name in REFUSED:
        assert answer.status_code == 403
        assert answer.json["code"] == REFUSED[name]
    else:
        assert answer.json == {"called": True}


@pytest.mark.parametrize("name", GUARDS)
def test_somebody_without_scopes_and_roles_gets_no_further(guarded: AuthSite, name: str) -> None:
    browser = guarded.browser()
    browser.sign_in("bob")
    answer = browser.get(f"/{name}")
    expected = FOR_BOB.get(name, REFUSED.get(name, "INSUFFICIENT_SCOPE"))
    assert (answer.json.get("code"), answer.json.get("called")) == (
        expected,
        expected is None or None,
    )


def test_the_guard_says_what_it_demands() -> None:
    problems = {problem.code for problem in security_of(GUARDS["both"](view)).problems}  # type: ignore[union-attr]
    assert problems == {
        "UNAUTHENTICATED",
        "SESSION_EXPIRED",
        "INVALID_TOKEN",
        "TOKEN_EXPIRED",
        "AMBIGUOUS_COOKIE",
        "INSUFFICIENT_SCOPE",
        "MISSING_ROLE",
    }
    found = security_of(auth.signed_in(scope="a", scopes=["b"], role="c", roles=["d"])(view))
    assert isinstance(found, Security)
    assert (found.scopes, found.roles) == (("a", "b"), ("c", "d"))
    assert security_of(view) is None


def test_the_guard_keeps_the_name_and_the_documentation_of_the_view() -> None:
    def named() -> None:
        """What it does."""

    made = auth.signed_in(named)
    assert (made.__name__, made.__doc__) == ("named", "What it does.")


def test_a_class_based_view_can_be_guarded(site: AuthSite, browser: Browser) -> None:
    class Things(MethodView):
        decorators = [auth.signed_in(role="staff")]  # noqa: RUF012

        def get(self) -> dict[str, bool]:
            return {"called": True}

    site.app.add_url_rule("/things", view_func=Things.as_view("things"))
    assert browser.get("/things").status_code == 401
    browser.sign_in()
    assert browser.get("/things").json == {"called": True}


def test_an_async_view_can_be_guarded(site: AuthSite, browser: Browser) -> None:
    @site.app.get("/async")
    @auth.signed_in
    async def later() -> dict[str, str]:
        await asyncio.sleep(0)
        identity = auth.current_identity()
        assert identity is not None
        return {"subject": identity.subject}

    assert browser.get("/async").status_code == 401
    browser.sign_in()
    assert browser.get("/async").json == {"subject": "ada"}


def test_two_guards_on_one_view_are_refused_at_import() -> None:
    with pytest.raises(DeclarationError, match="two guards"):
        auth.signed_in(auth.signed_in(role="staff")(view))


def test_a_route_that_goes_around_its_guard_is_never_served(site: AuthSite) -> None:
    """`@signed_in` above `@app.get(...)`: the route has the view without the guard."""
    called = []

    @auth.signed_in
    @functools.cache
    @site.app.get("/around")
    def around() -> str:
        called.append("around")
        return ""

    for _ in range(2):
        with pytest.raises(DeclarationError, match="'around' goes around the guard"):
            site.app.test_client().get("/around")
    assert called == []


@pytest.mark.parametrize("name", ["scopes", "roles"])
def test_one_string_where_several_are_taken_is_refused_at_import(name: str) -> None:
    with pytest.raises(DeclarationError, match=f"{name[:-1]}='staff'"):
        auth.signed_in(**{name: "staff"})


@pytest.mark.parametrize(
    "make",
    [
        lambda: auth.Identity("ada", roles="staff"),
        lambda: auth.Identity("ada", scopes="posts:write"),
        lambda: auth.Identity(7),  # type: ignore[arg-type]
        lambda: auth.Identity(""),
        lambda: auth.Identity("x" * 256),
    ],
)
def test_an_identity_that_would_be_misread_is_refused(make: Any) -> None:
    with pytest.raises(DeclarationError):
        make()


def test_a_guard_on_an_app_without_dovetail_says_so() -> None:
    app = Flask(__name__)
    app.add_url_rule("/guarded", view_func=auth.signed_in(view))
    app.testing = True
    with pytest.raises(Exception, match="not initialised on this app"):
        app.test_client().get("/guarded")


def test_the_document_knows_the_cookie(site: AuthSite) -> None:
    from flask_dovetail.topology import Topology

    https = Topology.from_config({"DOVETAIL_API_ORIGIN": "https://api.example.com"})
    scheme = auth.security_schemes(https)["session"]
    assert (scheme["type"], scheme["in"], scheme["name"]) == ("apiKey", "cookie", "__Host-sid")
    document = site.app.test_client().get("/openapi.json").json
    assert {"/auth/login", "/auth/logout", "/auth/session", "/auth/sessions"} <= set(
        document["paths"]
    )
    login = document["paths"]["/auth/login"]["post"]
    assert {"200", "400", "401", "403", "422", "429"} <= set(login["responses"])
    assert login["tags"] == ["auth"]
    assert document["paths"]["/api/me"]["get"]["security"]
