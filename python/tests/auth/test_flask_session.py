"""Flask's own `session` beside ours: it works as it did, and costs nothing where it is not used."""

from __future__ import annotations

from typing import Any

from flask import session
from flask.sessions import SecureCookieSessionInterface

from support.auth_site import AuthSite, Browser, MakeSite


def test_an_app_that_uses_flasks_session_notices_no_difference(
    site: AuthSite, browser: Browser
) -> None:
    @site.app.get("/visits")
    def visits() -> dict[str, Any]:
        session["visits"] = session.get("visits", 0) + 1
        return {"visits": session["visits"]}

    @site.app.get("/peek")
    def peek() -> dict[str, Any]:
        return dict(session)

    @site.app.get("/leave")
    def leave() -> dict[str, Any]:
        session.clear()
        return {}

    browser.sign_in()
    assert browser.get("/peek").json == {}
    assert [browser.get("/visits").json["visits"] for _ in range(3)] == [1, 2, 3]
    peeked = browser.get("/peek")
    assert peeked.json == {"visits": 3}
    assert peeked.headers["Vary"] == "Cookie"
    assert "session=;" in browser.get("/leave").headers["Set-Cookie"]
    assert browser.get("/peek").json == {}
    assert browser.get("/api/me").status_code == 200


def test_a_forged_session_of_flasks_is_empty(site: AuthSite, browser: Browser) -> None:
    site.app.add_url_rule("/peek", view_func=lambda: dict(session), endpoint="peek")
    browser.client.set_cookie("session", "eyJ2aXNpdHMiOjN9.forged.forged")
    assert browser.get("/peek").json == {}


def test_an_interface_of_the_apps_own_is_left_alone(make_site: MakeSite) -> None:
    class Own(SecureCookieSessionInterface):
        salt = "of the app"

    from flask import Flask

    from flask_dovetail.server.flask_session import install

    app = Flask(__name__)
    app.session_interface = own = Own()
    install(app)
    assert app.session_interface is own
