"""The guard with an access token: who gets in, what the refusal says, what may not help."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from flask_dovetail import auth
from flask_dovetail.contract.security import security_of
from flask_dovetail.core.errors import DeclarationError
from support.auth_site import AuthSite, MakeSite

REALM = 'Bearer realm="dovetail"'


def code(answer: Any) -> str:
    assert answer.content_type == "application/problem+json"
    return str(answer.json["code"])


def view() -> dict[str, bool]:
    return {"called": True}


@pytest.fixture
def site(make_site: MakeSite) -> AuthSite:
    made = make_site(DOVETAIL_AUTH_STRATEGY="token")
    guards = {
        "bare": auth.signed_in,
        "write": auth.signed_in(scope="posts:write"),
        "delete": auth.signed_in(scopes=["posts:write", "posts:delete"]),
        "staff": auth.signed_in(role="staff"),
        "admin": auth.signed_in(role="admin"),
    }
    for name, guard in guards.items():
        made.app.add_url_rule(f"/{name}", name, guard(view), methods=["GET", "POST"])  # type: ignore[operator]
    made.app.add_url_rule(
        "/open", "open", lambda: {"subject": getattr(auth.current_identity(), "subject", None)}
    )
    return made


def test_an_access_token_signs_in(site: AuthSite) -> None:
    browser = site.token_browser()
    browser.sign_in()
    for path in ("/bare", "/write", "/staff"):
        assert browser.get(path).json == {"called": True}
        assert browser.post(path).json == {"called": True}
    assert browser.get("/open").json == {"subject": "ada"}


def test_stranger_gets_a_bearer_challenge(site: AuthSite) -> None:
    answer = site.app.test_client().get("/bare")
    assert (code(answer), answer.headers["WWW-Authenticate"]) == ("UNAUTHENTICATED", REALM)


def test_a_missing_scope_is_named_to_a_bearer(site: AuthSite) -> None:
    browser = site.token_browser()
    browser.sign_in()
    answer = browser.get("/delete")
    assert (answer.status_code, code(answer)) == (403, "INSUFFICIENT_SCOPE")
    challenge = f'{REALM}, error="insufficient_scope", scope="posts:write posts:delete"'
    assert answer.headers["WWW-Authenticate"] == challenge


def test_a_missing_role_needs_no_challenge(site: AuthSite) -> None:
    browser = site.token_browser()
    browser.sign_in()
    answer = browser.get("/admin")
    assert (answer.status_code, code(answer)) == (403, "MISSING_ROLE")
    assert "WWW-Authenticate" not in answer.headers


def test_expired_and_bad_tokens_are_reported_differently(site: AuthSite) -> None:
    browser = site.token_browser()
    browser.sign_in()
    site.clock.advance(929)
    assert browser.get("/bare").status_code == 200
    site.clock.advance(1)
    answer = browser.get("/bare")
    assert (answer.status_code, code(answer)) == (401, "TOKEN_EXPIRED")
    assert answer.headers["WWW-Authenticate"].startswith(
        f'{REALM}, error="invalid_token", error_description="'
    )
    assert "Set-Cookie" not in answer.headers
    assert browser.refresh().status_code == 200
    assert browser.get("/bare").status_code == 200


def test_a_token_has_at_most_the_scopes_it_was_issued_with_and_those_of_now(site: AuthSite) -> None:
    browser = site.token_browser()
    site.people["ada"] = auth.Identity("ada", scopes=("posts:write",))
    browser.sign_in()
    site.people["ada"] = auth.Identity("ada", roles=("admin",), scopes=("posts:delete",))
    assert code(browser.get("/write")) == "INSUFFICIENT_SCOPE"
    assert code(browser.get("/delete")) == "INSUFFICIENT_SCOPE"
    assert browser.get("/admin").status_code == 200  # roles are those of now
    assert browser.get("/api/me").json["scopes"] == []
    site.people["ada"] = auth.Identity("ada", scopes=("posts:delete", "posts:write"))
    assert browser.get("/write").status_code == 200
    assert code(browser.get("/delete")) == "INSUFFICIENT_SCOPE"
    browser.refresh()
    assert browser.get("/delete").status_code == 200


def test_identity_is_loaded_once_and_the_store_is_not_read(site: AuthSite) -> None:
    browser = site.token_browser()
    browser.sign_in()
    asked: list[str] = []

    class Counting(dict[str, auth.Identity | None]):
        def get(self, key: str, default: Any = None) -> Any:
            asked.append(key)
            return super().get(key, default)

    site.people = Counting(site.people)
    vars(site.authority())["logins"] = None  # whoever reads it fails
    assert browser.get("/bare").status_code == 200
    assert asked == ["ada"]


class TestRevocation:
    """An ended login: its access token, by what `DOVETAIL_AUTH_REVOCATION` says."""

    @pytest.fixture(params=["expiry", "immediate"])
    def revocation(self, request: pytest.FixtureRequest) -> str:
        return str(request.param)

    @pytest.mark.parametrize("how", ["logout", "end_logins", "by its id", "replaced"])
    def test_an_ended_login_takes_its_access_token_along_as_configured(
        self, make_site: MakeSite, revocation: str, how: str
    ) -> None:
        site = make_site(DOVETAIL_AUTH_STRATEGY="token", DOVETAIL_AUTH_REVOCATION=revocation)
        browser, mobile = site.token_browser(), site.token_browser()
        login_id = browser.sign_in().json["login"]["id"]
        mobile.access_token = browser.access_token
        assert mobile.get("/api/me").status_code == 200
        if how == "logout":
            browser.post("/auth/logout")
        elif how == "end_logins":
            with site.app.app_context():
                auth.end_logins("ada")
        elif how == "by its id":
            browser.delete(f"/auth/sessions/{login_id}")
        else:
            browser.sign_in()
        answer = mobile.get("/api/me")
        if revocation == "immediate":
            assert code(answer) == "SESSION_EXPIRED"
            assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]
        else:
            assert answer.status_code == 200
            site.clock.advance(930)
            assert code(mobile.get("/api/me")) == "TOKEN_EXPIRED"

    def test_a_disabled_account_is_out_at_once(self, make_site: MakeSite, revocation: str) -> None:
        site = make_site(DOVETAIL_AUTH_STRATEGY="token", DOVETAIL_AUTH_REVOCATION=revocation)
        browser = site.token_browser()
        browser.sign_in()
        site.people["ada"] = None
        answer = browser.get("/api/me")
        assert code(answer) == "SESSION_EXPIRED"
        assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]
        assert site.logins().of_subject("ada") == []
        assert code(browser.refresh()) == "SESSION_EXPIRED"

    @pytest.mark.parametrize("how", ["all others", "one by its id"])
    def test_an_ended_login_ends_no_other_one(
        self, make_site: MakeSite, revocation: str, how: str
    ) -> None:
        site = make_site(DOVETAIL_AUTH_STRATEGY="token", DOVETAIL_AUTH_REVOCATION=revocation)
        owner, thief = site.token_browser(), site.token_browser()
        login_id = owner.sign_in().json["login"]["id"]
        thief.sign_in()
        owner.post("/auth/logout-others")
        if how == "all others":
            answer = thief.post("/auth/logout-others")
        else:
            answer = thief.delete(f"/auth/sessions/{login_id}")
        assert code(answer) == "SESSION_EXPIRED"
        assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]
        assert owner.refresh().status_code == 200


class TestStepUp:
    """`within=`: what is dangerous asks for the password again."""

    @pytest.fixture(params=["session", "token"])
    def dangerous(self, request: pytest.FixtureRequest, make_site: MakeSite) -> AuthSite:
        site = make_site(DOVETAIL_AUTH_STRATEGY=request.param)
        guard = auth.signed_in(scope="posts:write", within=timedelta(minutes=10))
        site.app.add_url_rule("/danger", view_func=guard(view), methods=["POST"])
        return site

    def test_a_sign_in_longer_ago_has_to_be_repeated(self, dangerous: AuthSite) -> None:
        browser = dangerous.browser()
        browser.sign_in()
        dangerous.clock.advance(630)
        assert browser.post("/danger").status_code == 200
        dangerous.clock.advance(1)
        answer = browser.post("/danger")
        assert (answer.status_code, code(answer)) == (401, "REAUTHENTICATION_REQUIRED")
        assert answer.json["max_age"] == 600
        scheme = "Bearer" if dangerous.uses_tokens else "Session"
        assert answer.headers["WWW-Authenticate"] == (
            f'{scheme} realm="dovetail", error="insufficient_user_authentication", max_age=600'
        )
        assert browser.get("/api/me").status_code == 200  # the login goes on
        browser.sign_in()
        assert browser.post("/danger").status_code == 200
        assert len(dangerous.logins().of_subject("ada")) == 1

    def test_refreshing_is_no_sign_in(self, dangerous: AuthSite) -> None:
        browser = dangerous.browser()
        browser.sign_in()
        dangerous.clock.advance(631)
        if dangerous.uses_tokens:
            browser.refresh()  # type: ignore[attr-defined]
        assert code(browser.post("/danger")) == "REAUTHENTICATION_REQUIRED"

    def test_an_ended_login_is_no_recent_sign_in(self, dangerous: AuthSite) -> None:
        browser = dangerous.browser()
        browser.sign_in()
        with dangerous.app.app_context():
            auth.end_logins("ada")
        answer = browser.post("/danger")
        assert code(answer) == "SESSION_EXPIRED"
        scheme = "Bearer" if dangerous.uses_tokens else "Session"
        assert answer.headers["WWW-Authenticate"].startswith(f'{scheme} realm="dovetail"')

    def test_missing_permission_is_refused_before_reauthentication(
        self, dangerous: AuthSite
    ) -> None:
        browser = dangerous.browser()
        browser.sign_in("bob")
        dangerous.clock.advance(631)
        assert code(browser.post("/danger")) == "INSUFFICIENT_SCOPE"

    def test_the_document_says_so(self, dangerous: AuthSite) -> None:
        found = security_of(dangerous.app.view_functions["view"])
        assert found is not None
        assert found.max_age == 600
        assert "REAUTHENTICATION_REQUIRED" in {problem.code for problem in found.problems}

    @pytest.mark.parametrize("within", [600, timedelta(0), timedelta(seconds=-1)])
    def test_invalid_within_is_refused_at_import(self, within: Any) -> None:
        with pytest.raises(DeclarationError, match="timedelta"):
            auth.signed_in(within=within)


@pytest.mark.parametrize("scope", ["two words", 'a"b', "a\\b", "", "scöpe", "a\r\nb"])
def test_a_scope_that_no_token_can_carry_is_refused_at_import(scope: str) -> None:
    with pytest.raises(DeclarationError, match="RFC 6749"):
        auth.signed_in(scope=scope)(view)
