"""Refresh cookies that are good with one key only, through the whole of an app (RFC 9449)."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from flask_dovetail import Dovetail, Identity, auth
from flask_dovetail.auth.dpop.proofs import Proofs
from flask_dovetail.auth.logins.store import Family
from flask_dovetail.auth.tokens.refresh.rules import handle_hash, parse
from flask_dovetail.core import state
from flask_dovetail.core.errors import ConfigurationError
from support.auth_site import SECRET_KEY, AuthSite, MakeSite, TokenBrowser
from support.databases import migrate
from support.dpop_proofs import BrowserKey

TOKENS = {"DOVETAIL_AUTH_STRATEGY": "token", "DOVETAIL_AUTH_ALGORITHM": "HS256"}
ON = {**TOKENS, "DOVETAIL_AUTH_DPOP": True}


@pytest.fixture
def site(make_site: MakeSite) -> AuthSite:
    return make_site(**ON)


@pytest.fixture(params=["sql", "postgresql", "valkey"])
def any_site(request: pytest.FixtureRequest, make_site: MakeSite) -> AuthSite:
    """On each kind of store; with Valkey, it also remembers which proofs were used."""
    if request.param == "valkey":
        url = request.getfixturevalue("valkey_url")
        return make_site(**ON, DOVETAIL_AUTH_SESSION_STORE="valkey", DOVETAIL_VALKEY_URL=url)
    if request.param == "postgresql":
        from sqlalchemy import create_engine

        url = request.getfixturevalue("postgres_url")
        migrate(url)
        engine = create_engine(url)
        return make_site(**ON, engine=lambda: engine)
    return make_site(**ON)


@pytest.fixture
def key() -> BrowserKey:
    return BrowserKey()


class Holder(TokenBrowser):
    """A browser with a key, which it proves to have with what it is asked to."""

    def __init__(self, client: FlaskClient, site: AuthSite, key: BrowserKey) -> None:
        super().__init__(client)
        self.site = site
        self.key = key

    def proof(self, path: str, **changes: Any) -> dict[str, str]:
        return {"DPoP": self.key.proof(path, now=self.site.clock.now, **changes)}

    def enter(self, **changes: Any) -> Any:
        return self.sign_in(headers=self.proof("/auth/login", **changes))

    def renew(self, **changes: Any) -> Any:
        return self.refresh(headers=self.proof("/auth/refresh", **changes))


def holder(site: AuthSite, key: BrowserKey) -> Holder:
    return Holder(site.app.test_client(), site, key)


def thief(site: AuthSite, victim: TokenBrowser, key: BrowserKey | None = None) -> Holder:
    """Somebody with the victim's cookie, in another browser."""
    made = holder(site, key or BrowserKey())
    made.client.set_cookie("rt", victim.refresh_token or "", path="/auth")
    return made


def family_of(site: AuthSite, browser: TokenBrowser) -> Family | None:
    token = parse(browser.refresh_token or "")
    assert token is not None
    return site.logins().find_family(handle_hash(token.handle))


def bound_to(site: AuthSite, browser: TokenBrowser) -> str | None:
    family = family_of(site, browser)
    assert family is not None
    return family.bound_key


def refused(answer: Any, *, nonce: bool = False) -> str | None:
    """Asserts 401 INVALID_DPOP_PROOF that changes nothing; gives the nonce, if one is there."""
    assert (answer.status_code, answer.json["code"]) == (401, "INVALID_DPOP_PROOF")
    error = "use_dpop_nonce" if nonce else "invalid_dpop_proof"
    assert answer.headers["WWW-Authenticate"] == f'DPoP error="{error}"'
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"
    assert ("DPoP-Nonce" in answer.headers) is nonce
    return answer.headers.get("DPoP-Nonce")


class TestBinding:
    @pytest.mark.parametrize("algorithm", ["ES256", "EdDSA"])
    def test_a_sign_in_with_a_proof_binds_the_login_to_its_key(
        self, any_site: AuthSite, algorithm: Any
    ) -> None:
        browser = holder(any_site, BrowserKey(algorithm))
        assert browser.enter().status_code == 200
        assert bound_to(any_site, browser) == browser.key.thumbprint
        for _ in range(3):
            before = browser.refresh_token
            answer = browser.renew()
            assert answer.status_code == 200
            assert answer.json["token_type"] == "Bearer"
            assert browser.refresh_token != before
            assert browser.get("/api/me").status_code == 200
        assert bound_to(any_site, browser) == browser.key.thumbprint

    def test_a_sign_in_without_one_is_not_bound(self, site: AuthSite) -> None:
        browser = site.token_browser()
        assert browser.sign_in().status_code == 200
        assert bound_to(site, browser) is None
        assert browser.refresh().status_code == 200
        assert bound_to(site, browser) is None

    def test_first_refresh_with_a_proof_binds_an_unbound_login(
        self, any_site: AuthSite, key: BrowserKey
    ) -> None:
        """A login is unbound after an outside sign-in, or from before DPoP was switched on."""
        browser = holder(any_site, key)
        browser.sign_in()
        former = family_of(any_site, browser)
        assert browser.renew().status_code == 200
        found = family_of(any_site, browser)
        assert found is not None
        assert former is not None
        assert found.bound_key == key.thumbprint
        assert found.login == former.login
        refused(thief(any_site, browser).renew())
        refused(browser.refresh())
        assert browser.renew().status_code == 200

    def test_bound_login_cannot_be_bound_again(self, site: AuthSite, key: BrowserKey) -> None:
        browser = holder(site, key)
        browser.enter()
        refused(thief(site, browser).renew())
        browser.renew()
        assert bound_to(site, browser) == key.thumbprint

    def test_a_replaced_token_within_the_window_does_not_bind(
        self, site: AuthSite, key: BrowserKey
    ) -> None:
        """It is answered without a write; the next one binds."""
        browser = holder(site, key)
        browser.sign_in()
        former = browser.refresh_token
        browser.refresh()
        current = browser.refresh_token
        answer = browser.refresh(former, headers=browser.proof("/auth/refresh"))
        assert answer.status_code == 200
        assert browser.refresh_token == current
        assert bound_to(site, browser) is None
        assert browser.renew().status_code == 200
        assert bound_to(site, browser) == key.thumbprint

    def test_signing_in_again_binds_to_the_key_of_then(
        self, site: AuthSite, key: BrowserKey
    ) -> None:
        browser = holder(site, key)
        browser.enter()
        browser.key = BrowserKey()
        assert browser.enter().status_code == 200
        assert bound_to(site, browser) == browser.key.thumbprint

    def test_reading_the_session_and_logging_out_need_no_proof(
        self, site: AuthSite, key: BrowserKey
    ) -> None:
        browser = holder(site, key)
        browser.enter()
        browser.access_token = None
        assert browser.get("/auth/session").json["login"]["subject"] == "ada"
        assert browser.post("/auth/logout").status_code == 204
        assert site.logins().of_subject("ada") == []


class TestWithoutTheKey:
    @pytest.mark.parametrize("sent", ["nothing", "another key", "garbage", "of the login"])
    def test_a_stolen_cookie_is_worth_nothing_and_its_owner_notices_nothing(
        self, any_site: AuthSite, key: BrowserKey, caplog: Any, sent: str
    ) -> None:
        browser = holder(any_site, key)
        browser.enter()
        before = family_of(any_site, browser)
        evil = thief(any_site, browser)
        with caplog.at_level(logging.WARNING, "flask_dovetail.auth"):
            if sent == "nothing":
                answer = evil.refresh()
            elif sent == "another key":
                answer = evil.renew()
            elif sent == "garbage":
                answer = evil.refresh(headers={"DPoP": "garbage"})
            else:
                evil.key = key
                answer = evil.refresh(headers=evil.proof("/auth/login"))
        refused(answer)
        assert family_of(any_site, browser)._replace(read_at=0) == before._replace(read_at=0)  # type: ignore[union-attr]
        [record] = [r for r in caplog.records if r.message == "refresh without its key"]
        assert record.subject == "ada"
        assert record.login == before.login.id  # type: ignore[union-attr]
        assert browser.renew().status_code == 200

    @pytest.mark.parametrize("with_key", [False, True])
    def test_a_replaced_token_ends_the_login_only_together_with_the_key(
        self, make_site: MakeSite, key: BrowserKey, with_key: bool
    ) -> None:
        site = make_site(**ON, DOVETAIL_AUTH_REFRESH_GRACE_SECONDS=0)
        browser = holder(site, key)
        browser.enter()
        evil = thief(site, browser, key if with_key else None)
        browser.renew()
        answer = evil.renew()
        if with_key:
            assert answer.json["code"] == "REFRESH_REUSED"
            assert browser.renew().json["code"] == "SESSION_EXPIRED"
        else:
            refused(answer)
            assert browser.renew().status_code == 200

    def test_a_sign_in_with_a_proof_that_is_no_good_is_not_begun(
        self, site: AuthSite, key: BrowserKey
    ) -> None:
        browser = holder(site, key)
        for headers in (
            {"DPoP": "garbage"},
            {"DPoP": ""},
            {"DPoP": "x" * 10_000},
            browser.proof("/auth/refresh"),
            browser.proof("/auth/login", htm="GET"),
            browser.proof("/auth/login", header={"alg": "none"}),
            browser.proof("/auth/login", header={"jwk": key.private_jwk}),
        ):
            refused(browser.sign_in(headers=headers))
        assert site.logins().of_subject("ada") == []
        assert site.asked == []

    def test_the_address_is_that_of_the_api_or_of_a_page_and_no_other(
        self, make_site: MakeSite, key: BrowserKey
    ) -> None:
        """A server of pages may pass requests on, as Vite does in development."""
        page = "http://localhost:5173"
        browser = holder(make_site(**ON, DOVETAIL_FRONTEND_ORIGINS=page), key)
        assert browser.enter(htu=f"{page}/auth/login").status_code == 200
        assert browser.renew().status_code == 200
        for origin in ("http://localhost:5174", "http://localhost", "https://localhost:5173"):
            refused(browser.renew(htu=f"{origin}/auth/refresh"))

    def test_two_proofs_are_refused(self, site: AuthSite, key: BrowserKey) -> None:
        browser = holder(site, key)
        proofs = [browser.proof("/auth/login")["DPoP"] for _ in range(2)]
        answer = browser.sign_in(headers={"DPoP": ",".join(proofs)})  # as WSGI servers join them
        refused(answer)

    def test_a_wrong_password_is_refused_as_ever(self, site: AuthSite, key: BrowserKey) -> None:
        browser = holder(site, key)
        answer = browser.sign_in(password="wrong", headers=browser.proof("/auth/login"))
        assert (answer.status_code, answer.json["code"]) == (401, "INVALID_CREDENTIALS")

    def test_proof_for_a_missing_login_is_not_remembered(
        self, site: AuthSite, key: BrowserKey
    ) -> None:
        """Strangers cannot fill the memory of used proofs."""
        browser = holder(site, key)
        assert browser.renew().json["code"] == "UNAUTHENTICATED"
        browser.client.set_cookie("rt", f"{'A' * 43}.{'B' * 43}", path="/auth")
        assert browser.renew().json["code"] == "SESSION_EXPIRED"
        owner = holder(site, key)
        owner.enter()
        refused(thief(site, owner).renew())
        with site.app.app_context():
            spent: Any = state.get(Proofs)._used
        assert len(spent._until) == 1  # that of the sign-in

    def test_the_refusal_says_no_secret(self, site: AuthSite, key: BrowserKey) -> None:
        browser = holder(site, key)
        browser.enter()
        evil = thief(site, browser)
        answer = evil.renew()
        assert (browser.refresh_token or "").partition(".")[0] not in answer.text
        assert key.thumbprint not in answer.text


class TestTime:
    def test_a_clock_that_is_hours_off_is_helped_by_a_nonce(
        self, any_site: AuthSite, key: BrowserKey
    ) -> None:
        browser = holder(any_site, key)
        wrong = int(any_site.clock.now) - 7200
        nonce = refused(browser.enter(iat=wrong), nonce=True)
        assert any_site.asked == []
        assert browser.enter(iat=wrong, nonce=nonce).status_code == 200
        nonce = refused(browser.renew(iat=wrong), nonce=True)
        assert browser.renew(iat=wrong, nonce=nonce).status_code == 200

    @pytest.mark.parametrize("off", [-61, 61])
    def test_a_proof_of_another_minute_needs_a_nonce(
        self, site: AuthSite, key: BrowserKey, off: int
    ) -> None:
        browser = holder(site, key)
        refused(browser.enter(iat=int(site.clock.now) + off), nonce=True)

    def test_a_nonce_is_good_for_five_minutes(self, site: AuthSite, key: BrowserKey) -> None:
        browser = holder(site, key)
        nonce = refused(browser.enter(iat=0), nonce=True)
        site.clock.advance(300)
        assert browser.enter(iat=0, nonce=nonce).status_code == 200
        site.clock.advance(1)
        refused(browser.renew(iat=0, nonce=nonce), nonce=True)

    def test_a_forged_nonce_is_answered_with_a_good_one(
        self, site: AuthSite, key: BrowserKey
    ) -> None:
        browser = holder(site, key)
        for iat in (0, int(site.clock.now)):
            forged = f"{int(site.clock.now)}.{'A' * 43}"
            nonce = refused(browser.enter(iat=iat, nonce=forged), nonce=True)
        assert browser.enter(iat=0, nonce=nonce).status_code == 200

    def test_a_nonce_under_a_fallback_key_is_good_and_under_another_not(
        self, make_site: MakeSite, key: BrowserKey
    ) -> None:
        other = holder(make_site(**ON, SECRET_KEY="another key that is long enough"), key)
        nonce = refused(other.enter(iat=0), nonce=True)
        stranger = holder(make_site(**ON), key)
        refused(stranger.enter(iat=0, nonce=nonce), nonce=True)
        rolled = make_site(**ON, SECRET_KEY_FALLBACKS=["another key that is long enough"])
        assert holder(rolled, key).enter(iat=0, nonce=nonce).status_code == 200

    def test_an_owner_with_a_wrong_clock_is_no_event(
        self, site: AuthSite, key: BrowserKey, caplog: Any
    ) -> None:
        browser = holder(site, key)
        browser.enter()
        with caplog.at_level(logging.WARNING, "flask_dovetail.auth"):
            refused(browser.renew(iat=0), nonce=True)
        assert [each for each in caplog.records if each.name == "flask_dovetail.auth"] == []


class TestReplay:
    def test_a_proof_counts_once(self, any_site: AuthSite, key: BrowserKey) -> None:
        """A second time is answered with a nonce: browsers repeat a request by themselves."""
        browser = holder(any_site, key)
        headers = browser.proof("/auth/login")
        assert browser.sign_in(headers=headers).status_code == 200
        refused(browser.sign_in(headers=headers), nonce=True)
        headers = browser.proof("/auth/refresh")
        assert browser.refresh(headers=headers).status_code == 200
        evil = thief(any_site, browser)
        nonce = refused(evil.refresh(headers=headers), nonce=True)
        assert browser.renew(nonce=nonce).status_code == 200

    def test_the_same_id_counts_once_for_each_key(self, site: AuthSite, key: BrowserKey) -> None:
        one, other = holder(site, key), holder(site, BrowserKey())
        assert one.enter(jti="1").status_code == 200
        assert other.enter(jti="1").status_code == 200
        refused(one.renew(jti="1"), nonce=True)

    def test_a_nonce_does_not_make_a_used_proof_new(self, site: AuthSite, key: BrowserKey) -> None:
        browser = holder(site, key)
        nonce = refused(browser.enter(iat=0), nonce=True)
        headers = browser.proof("/auth/login", nonce=nonce)
        assert browser.sign_in(headers=headers).status_code == 200
        site.clock.advance(299)
        refused(browser.sign_in(headers=headers), nonce=True)

    def test_a_used_proof_does_not_even_show_that_its_token_was_replaced(
        self, make_site: MakeSite, key: BrowserKey
    ) -> None:
        """An attacker who has seen one whole request cannot end the login by sending it again."""
        site = make_site(**ON, DOVETAIL_AUTH_REFRESH_GRACE_SECONDS=0)
        browser = holder(site, key)
        browser.enter()
        evil = thief(site, browser)
        headers = browser.proof("/auth/refresh")
        assert browser.refresh(headers=headers).status_code == 200
        refused(evil.refresh(headers=headers), nonce=True)
        assert browser.renew().status_code == 200

    def test_without_valkey_nobody_is_signed_in_uncounted(
        self, make_site: MakeSite, valkey_server: Any, valkey_url: str, key: BrowserKey
    ) -> None:
        site = make_site(**ON, DOVETAIL_VALKEY_URL=valkey_url)
        browser = holder(site, key)
        assert browser.enter().status_code == 200
        before = browser.refresh_token
        valkey_server.stop()
        try:
            answer = browser.renew()
        finally:
            valkey_server.start()
        assert (answer.status_code, answer.json["code"]) == (503, "SERVICE_UNAVAILABLE")
        assert browser.refresh_token == before
        assert browser.renew().status_code == 200


class TestSwitching:
    def test_switched_off_again_nobody_is_logged_out(
        self, make_site: MakeSite, key: BrowserKey, postgres_url: str
    ) -> None:
        """Neither in the token strategy, nor in that of sessions."""
        from sqlalchemy import create_engine

        from flask_dovetail.database import upgrade

        engine = create_engine(postgres_url)
        upgrade(engine)
        on = make_site(**ON, engine=lambda: engine)
        browser = holder(on, key)
        browser.enter()
        for config in (TOKENS, {**TOKENS, "DOVETAIL_AUTH_STRATEGY": "session"}):
            off = make_site(**config, engine=lambda: engine)
            later = TokenBrowser(off.app.test_client())
            assert later.refresh(browser.refresh_token).status_code == 200
            browser.client.set_cookie("rt", later.refresh_token or "", path="/auth")
        refused(browser.refresh())
        assert browser.renew().status_code == 200

    def test_the_session_strategy_has_nothing_to_bind(self, make_site: MakeSite) -> None:
        with pytest.raises(ConfigurationError, match="DOVETAIL_AUTH_STRATEGY") as caught:
            make_site(DOVETAIL_AUTH_DPOP=True)
        assert caught.value.key == "DOVETAIL_AUTH_DPOP"

    def test_the_document_knows_the_header_and_the_refusal_where_it_is_on(
        self, make_site: MakeSite
    ) -> None:
        for config, there in ((ON, True), (TOKENS, False)):
            document = make_site(**config).app.test_client().get("/openapi.json").json
            for path in ("/auth/login", "/auth/refresh"):
                operation = document["paths"][path]["post"]
                headers = [p for p in operation.get("parameters", ()) if p["in"] == "header"]
                assert [(h["name"].lower(), h.get("required", False)) for h in headers] == (
                    [("dpop", False)] if there else []
                )
                assert ("INVALID_DPOP_PROOF" in str(operation["responses"]["401"])) is there

    @pytest.mark.parametrize("on", [True, False])
    def test_config_js_announces_dpop(self, tmp_path: Path, on: bool) -> None:
        app = Flask("told", instance_path=str(tmp_path))
        app.config.update(SECRET_KEY=SECRET_KEY, **TOKENS, DOVETAIL_AUTH_DPOP=on)
        Dovetail(authenticate=lambda _: None, load_identity=Identity).init_app(app)
        assert ('"dpop":true' in app.test_client().get("/config.js").text) is on

    def test_a_page_of_another_origin_may_send_the_proof_and_read_the_nonce(
        self, tmp_path: Path
    ) -> None:
        app = Flask("across", instance_path=str(tmp_path))
        page = "https://app.example.com"
        app.config.update(
            SECRET_KEY=SECRET_KEY,
            **ON,
            DOVETAIL_API_ORIGIN="https://api.example.com",
            DOVETAIL_FRONTEND_ORIGINS=page,
        )
        Dovetail(authenticate=lambda _: None, load_identity=Identity).init_app(app)
        client = app.test_client()
        asked = client.options(
            "/auth/refresh",
            headers={"Origin": page, "Access-Control-Request-Method": "POST"},
        )
        assert "DPoP" in asked.headers["Access-Control-Allow-Headers"].split(", ")
        answer = client.post("/auth/login", headers={"Origin": page})
        assert "DPoP-Nonce" in answer.headers["Access-Control-Expose-Headers"].split(", ")


def test_apps_of_one_process_do_not_share_used_proofs(make_site: MakeSite, key: BrowserKey) -> None:
    sites = [make_site(**ON), make_site(**ON), make_site(**TOKENS)]
    headers = {"DPoP": key.proof("/auth/login")}
    for each in sites:
        each.people["ada"] = auth.Identity("ada")
        assert each.token_browser().sign_in(headers=headers).status_code == 200
