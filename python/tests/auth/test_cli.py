"""`flask dovetail logins …` and `flask dovetail db …`, as an administrator runs them."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import create_engine, inspect

from flask_dovetail.auth.cli import logins
from flask_dovetail.storage.cli import db
from support.auth_site import AuthSite, MakeSite


def test_an_administrator_lists_and_ends_the_logins_of_somebody(either_site: AuthSite) -> None:
    browser, bobs = either_site.browser(), either_site.browser()
    login_id = browser.sign_in().json["login"]["id"]
    bobs.sign_in("bob")
    run = either_site.app.test_cli_runner().invoke
    listed = run(logins, ["list", "ada"])
    assert listed.exit_code == 0
    assert login_id in listed.output
    assert "127.0.0.1" in listed.output
    assert ("  token  " if either_site.uses_tokens else "  session  ") in listed.output
    assert run(logins, ["end", "ada"]).stdout == "1 ended.\n"
    assert browser.get("/api/me").json["code"] == "SESSION_EXPIRED"
    assert bobs.get("/api/me").status_code == 200
    assert run(logins, ["list", "ada"]).stdout == ""


def test_the_sweep_forgets_ended_logins(site: AuthSite) -> None:
    for _ in range(3):
        site.browser().sign_in()
    site.clock.advance(3631)
    run = site.app.test_cli_runner().invoke
    assert run(logins, ["sweep"]).stdout.split()[-3:] == ["logins", "3", "0"]
    assert run(logins, ["sweep"]).stdout.split()[-3:] == ["logins", "0", "0"]


def test_upgrading_makes_the_tables_and_may_be_repeated(
    make_site: MakeSite, tmp_path: Path
) -> None:
    engine = create_engine(f"sqlite:///{tmp_path}/app.sqlite3")
    site = make_site(engine=lambda: engine)
    run = site.app.test_cli_runner().invoke
    for _ in range(2):
        result = run(db, ["upgrade"])
        assert result.exit_code == 0, result.output
    assert inspect(engine).has_table("dovetail_logins")
    assert site.browser().sign_in().status_code == 200
