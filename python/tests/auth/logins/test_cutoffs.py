"""A login that the old password proved does not outlive the change of the password."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.orm import Session, scoped_session, sessionmaker

from flask_dovetail import DeclarationError, DovetailError, auth
from flask_dovetail.auth.logins.rules import SIGN_IN_MS, UNCOMMITTED_MS
from flask_dovetail.auth.logins.sql import SqlLogins
from flask_dovetail.auth.logins.store import KeptLogin, KeptLoginEnded, OutdatedProof
from flask_dovetail.database import upgrade
from flask_dovetail.storage.given_engine import given_engine
from support.auth_site import PASSWORD, AuthSite, Browser, MakeSite
from support.databases import migrate
from support.login_stores import Store, a_hash, a_login, kept

NEW = "another horse, another battery"
ROOM = {
    "DOVETAIL_AUTH_LOGIN_LIMIT_PER_ACCOUNT": "1000/minute",
    "DOVETAIL_AUTH_LOGIN_LIMIT_PER_ADDRESS": "1000/minute",
    "DOVETAIL_AUTH_PASSWORD_CHECKS_MAX": 16,
    "DOVETAIL_AUTH_REVOCATION": "immediate",
}


@pytest.fixture(
    params=[
        pytest.param("session-sqlite", marks=pytest.mark.long),
        "session-pg",
        "session-valkey",
        "token-sqlite",
        pytest.param("token-pg", marks=pytest.mark.long),
        "token-valkey",
    ]
)
def every_site(
    request: pytest.FixtureRequest, make_site: MakeSite, tmp_path: Path
) -> Iterator[AuthSite]:
    """A site in each strategy, on each database and on Valkey, with room for many sign-ins."""
    strategy, _, kind = request.param.partition("-")
    config: dict[str, Any] = {**ROOM, "DOVETAIL_AUTH_STRATEGY": strategy}
    engine: Engine | None = None
    if kind == "valkey":
        config["DOVETAIL_AUTH_SESSION_STORE"] = "valkey"
        config["DOVETAIL_VALKEY_URL"] = request.getfixturevalue("valkey_url")
    else:
        url = f"sqlite:///{tmp_path}/all.sqlite3"
        if kind == "pg":
            url = request.getfixturevalue("postgres_url")
        migrate(url)
        engine = create_engine(url, pool_size=20)
    yield make_site(engine=None if engine is None else lambda: engine, **config)
    if engine is not None:
        engine.dispose()


def change_password(site: AuthSite, password: str = NEW, **kwargs: Any) -> None:
    with site.app.app_context():
        site.password = password
        auth.end_logins("ada", **kwargs)


def once(action: Callable[[], None]) -> Callable[[], None]:
    left = [action]
    return lambda: left.pop()() if left else None


class TestSigningIn:
    def test_old_password_is_wrong_if_it_changes_during_the_sign_in(
        self, every_site: AuthSite
    ) -> None:
        """Its check has read the old hash, and ends after the new one was committed."""
        every_site.after_reading = once(lambda: change_password(every_site))
        answer = every_site.browser().sign_in()
        assert (answer.status_code, answer.json["code"]) == (401, "INVALID_CREDENTIALS")
        assert len(every_site.asked) == 2
        assert every_site.logins().of_subject("ada") == []

    def test_password_that_is_still_right_signs_in(self, every_site: AuthSite) -> None:
        """An administrator ends all logins during the check."""
        every_site.after_reading = once(lambda: change_password(every_site, PASSWORD))
        browser = every_site.browser()
        assert browser.sign_in().status_code == 200
        assert browser.get("/api/me").status_code == 200

    def test_login_begins_right_after_a_change(self, every_site: AuthSite) -> None:
        change_password(every_site)
        assert every_site.browser().sign_in(password=NEW).status_code == 200
        assert every_site.browser().sign_in(password=PASSWORD).status_code == 401

    def test_endless_changes_end_in_503(self, every_site: AuthSite) -> None:
        every_site.after_reading = lambda: change_password(every_site, PASSWORD)
        answer = every_site.browser().sign_in()
        assert (answer.status_code, answer.json["code"]) == (503, "SERVICE_UNAVAILABLE")
        assert int(answer.headers["Retry-After"]) >= 1
        assert len(every_site.asked) == 3
        assert every_site.logins().of_subject("ada") == []

    def test_second_proof_is_no_second_attempt(self, make_site: MakeSite) -> None:
        site = make_site(DOVETAIL_AUTH_LOGIN_LIMIT_PER_ACCOUNT="1/minute")
        site.after_reading = once(lambda: change_password(site, PASSWORD))
        assert site.browser().sign_in().status_code == 200

    def test_second_proof_has_an_app_context_of_its_own(self, site: AuthSite) -> None:
        """A session of the application's, which is kept in the context, still has the old hash."""
        from flask import g, request

        seen: list[bool] = []

        def read() -> None:
            seen.append("read" in g)
            g.read = request.path
            if len(seen) == 1:
                change_password(site, PASSWORD)

        site.after_reading = read
        assert site.browser().sign_in().status_code == 200
        assert seen == [False, False]

    def test_proof_begins_with_the_request(self, every_site: AuthSite) -> None:
        """A hook that asks who signs in may have read that person before the password changes."""
        from flask import request

        asked_again: list[int] = []

        @every_site.app.before_request
        def ask() -> None:
            auth.current_identity()
            if request.path == "/auth/login" and not asked_again:
                asked_again.append(len(every_site.asked))
                time.sleep(0.005)  # the time is in ms
                change_password(every_site, PASSWORD)

        assert every_site.browser().sign_in().status_code == 200
        assert len(every_site.asked) - asked_again[0] == 2

    def test_proof_shares_the_context_of_a_hook_that_asked(self, site: AuthSite) -> None:
        """Which may hold a connection: a second one would be waited for by whoever holds one."""
        from flask import g

        seen: list[bool] = []

        @site.app.before_request
        def ask() -> None:
            g.person = auth.current_identity()

        site.after_reading = lambda: seen.append("person" in g)
        assert site.browser().sign_in().status_code == 200
        assert seen == [True]

    def test_sign_ins_around_a_change(self, every_site: AuthSite) -> None:
        """Seven, 30 ms apart: none that the old password proved is alive, the new one works."""
        for number in range(3):
            old, new = f"password {number}", f"password {number + 1}"
            every_site.password = old
            every_site.after_reading = lambda: time.sleep(0.08)
            browsers = [every_site.browser() for _ in range(10)]
            for browser in browsers:
                if not every_site.uses_tokens:
                    browser.fetch_token()

            def sign_in(at: int, browser: Browser, password: str) -> Any:
                time.sleep(at * 0.03)
                return browser.sign_in(password=password)

            with ThreadPoolExecutor(11) as pool:
                with_old = [pool.submit(sign_in, at, browsers[at], old) for at in range(7)]
                time.sleep(0.12)
                change_password(every_site, new)
                with_new = [pool.submit(sign_in, at, browsers[at + 7], new) for at in range(3)]
            assert {each.result().status_code for each in with_old} <= {200, 401}
            assert [each.result().status_code for each in with_new] == [200] * 3
            begun = {each.result().json["login"]["id"] for each in with_new}
            assert {login.id for login in every_site.logins().of_subject("ada")} == begun
            every_site.after_reading = lambda: None
            alive = [browser.get("/api/me").status_code for browser in browsers]
            assert alive == [401] * 7 + [200] * 3
            change_password(every_site, new)


class TestKeepingTheCurrentLogin:
    def test_ended_login_keeps_nothing_and_ends_nothing(self, every_site: AuthSite) -> None:
        """Its request passed the guard before its owner ended it."""
        owner, thief = every_site.browser(), every_site.browser()
        changed: list[str] = []

        @every_site.app.post("/password")
        @auth.signed_in
        def change() -> dict[str, int]:
            if not changed:
                changed.append("by the owner")
                assert owner.post("/password").json == {"ended": 1}
            return {"ended": auth.end_logins("ada", keep_current=True)}

        owner.sign_in()
        thief.sign_in()
        answer = thief.post("/password")
        assert (answer.status_code, answer.json["code"]) == (401, "SESSION_EXPIRED")
        assert "WWW-Authenticate" in answer.headers
        assert owner.get("/api/me").status_code == 200

    def test_copy_of_a_session_id_that_was_rotated_keeps_nothing(self, any_site: AuthSite) -> None:
        owner, thief = any_site.browser(), any_site.browser()
        begun: list[bool] = []

        @any_site.app.post("/password")
        @auth.signed_in
        def change() -> dict[str, int]:
            if not begun:
                begun.append(True)
                assert owner.post("/password").status_code == 200
            ended = auth.end_logins("ada", keep_current=True)
            auth.rotate_login()
            return {"ended": ended}

        owner.sign_in()
        assert owner.session_id is not None
        thief.client.set_cookie("sid", owner.session_id)
        thief.fetch_token()
        assert thief.post("/password").json["code"] == "SESSION_EXPIRED"
        assert owner.get("/api/me").status_code == 200

    def test_logging_others_out_by_an_ended_login_is_refused(self, every_site: AuthSite) -> None:
        owner, thief = every_site.browser(), every_site.browser()
        owner.sign_in()
        thief.sign_in()
        every_site.people["ada"] = auth.Identity("ada")
        owner.post("/auth/logout-others")
        assert thief.post("/auth/logout-others").json["code"] == "SESSION_EXPIRED"
        assert owner.get("/api/me").status_code == 200

    def test_an_administrators_own_login_is_no_matter_to_another_account(
        self, site: AuthSite
    ) -> None:
        @site.app.post("/bob")
        @auth.signed_in
        def end_bob() -> dict[str, int]:
            return {"ended": auth.end_logins("bob", keep_current=True)}

        site.browser().sign_in("bob")
        browser = site.browser()
        browser.sign_in()
        assert browser.post("/bob").json == {"ended": 1}
        assert browser.get("/api/me").status_code == 200


@pytest.fixture
def engine(every_site: AuthSite, request: pytest.FixtureRequest) -> Iterator[Engine]:
    """The application's, which the site's logins are on unless they are in Valkey."""
    with every_site.app.app_context():
        logins = every_site.logins()
        if isinstance(logins, SqlLogins):
            engine = given_engine(logins._get_engine())
        else:
            engine = create_engine(f"sqlite:///{every_site.app.instance_path}/app.sqlite3")
    with engine.begin() as connection:
        connection.execute(
            text("CREATE TABLE passwords (subject VARCHAR(9), password VARCHAR(99))")
        )
        connection.execute(text("INSERT INTO passwords VALUES ('ada', 'old')"))
    yield engine
    engine.dispose()


def stored(engine: Engine) -> str:
    with engine.connect() as connection:
        return str(connection.execute(text("SELECT password FROM passwords")).scalar_one())


def write(session: Any, password: str) -> None:
    session.execute(text("UPDATE passwords SET password = :new"), {"new": password})


def in_sql(site: AuthSite) -> bool:
    return isinstance(site.logins(), SqlLogins)


class TestInASession:
    def test_password_and_logins_are_one_commit(self, every_site: AuthSite, engine: Engine) -> None:
        browser = every_site.browser()
        browser.sign_in()
        with every_site.app.app_context(), Session(engine) as session:
            write(session, "new")
            assert auth.end_logins("ada", session=session) == 1
            if in_sql(every_site):
                assert stored(engine) == "old"
            session.commit()
        assert stored(engine) == "new"
        assert browser.get("/api/me").status_code == 401
        assert every_site.browser().sign_in().status_code == 200

    def test_rollback_leaves_password_and_logins(
        self, every_site: AuthSite, engine: Engine
    ) -> None:
        """In Valkey the logins have ended at the call: too early is better than never."""
        browser = every_site.browser()
        browser.sign_in()
        with every_site.app.app_context(), Session(engine) as session:
            write(session, "new")
            auth.end_logins("ada", session=session)
            session.rollback()
        assert stored(engine) == "old"
        assert browser.get("/api/me").status_code == (200 if in_sql(every_site) else 401)
        assert every_site.browser().sign_in().status_code == 200

    def test_session_that_is_closed_locks_nobody_out(
        self, every_site: AuthSite, engine: Engine
    ) -> None:
        with every_site.app.app_context(), Session(engine) as session:
            write(session, "new")
            auth.end_logins("ada", session=session)
        assert every_site.browser().sign_in().status_code == 200

    def test_what_would_wait_for_its_own_session_is_refused(
        self, every_site: AuthSite, engine: Engine
    ) -> None:
        """In Valkey there is no such lock. After the commit, or the rollback, all is well."""
        waits = pytest.raises(DovetailError, match="Commit the session first")
        logins = every_site.logins()
        with every_site.app.app_context(), Session(engine) as session:
            for end in (session.commit, session.rollback):
                write(session, "new")
                auth.end_logins("ada", session=session)
                for _ in range(2):  # once more in the same transaction is no wait
                    auth.end_logins("ada", session=session)
                for call in (lambda: auth.end_logins("ada"), lambda: logins.end("ada", "no login")):
                    with waits if in_sql(every_site) else nullcontext():
                        call()
                if engine.dialect.name != "sqlite":
                    auth.end_logins("bob")  # somebody else's are no matter of this session
                end()
                auth.end_logins("ada")

    def test_sign_in_before_the_commit_is_proved_again_after_it(
        self, every_site: AuthSite, engine: Engine
    ) -> None:
        """Its whole proof runs between the call and the commit, when the old hash still stands."""
        read, ended = threading.Event(), threading.Event()

        def reading() -> None:
            if len(every_site.asked) == 1:
                read.set()
                assert ended.wait(10)

        every_site.after_reading = reading
        browser = every_site.browser()
        with ThreadPoolExecutor(1) as pool:
            answer = pool.submit(browser.sign_in)
            assert read.wait(10)
            with every_site.app.app_context(), Session(engine) as session:
                write(session, "new")
                auth.end_logins("ada", session=session)
                ended.set()
                time.sleep(0.2)  # the proof is over, and waits, or is refused
                every_site.password = NEW
                session.commit()
        assert answer.result().status_code in {401, 503}
        assert every_site.logins().of_subject("ada") == []
        assert every_site.browser().sign_in(password=NEW).status_code == 200

    def test_proof_that_began_between_the_call_and_the_commit_is_outdated(
        self, every_site: AuthSite, engine: Engine
    ) -> None:
        logins = every_site.logins()
        with every_site.app.app_context(), Session(engine) as session:
            auth.end_logins("ada", session=session)
            time.sleep(0.01)
            proved_at = logins.now_ms()
            time.sleep(0.01)
            session.commit()
        with every_site.app.app_context(), pytest.raises(OutdatedProof):
            logins.create(a_login(), a_hash(), proved_at=proved_at)

    def test_ended_login_changes_no_password(self, every_site: AuthSite, engine: Engine) -> None:
        owner, thief = every_site.browser(), every_site.browser()
        make = scoped_session(sessionmaker(engine))
        begun: list[bool] = []

        @every_site.app.post("/password/<new>")
        @auth.signed_in
        def change(new: str) -> dict[str, int]:
            if not begun:
                begun.append(True)
                assert owner.post("/password/owner").status_code == 200
            try:
                write(make, new)
                ended = auth.end_logins("ada", keep_current=True, session=make)
                make.commit()
                auth.rotate_login()
            finally:
                make.remove()
            return {"ended": ended}

        owner.sign_in()
        thief.sign_in()
        assert thief.post("/password/thief").json["code"] == "SESSION_EXPIRED"
        assert stored(engine) == "owner"
        assert owner.get("/api/me").status_code == 200

    def test_session_on_another_engine_is_refused(self, site: AuthSite, tmp_path: Any) -> None:
        elsewhere = create_engine(f"sqlite:///{tmp_path}/elsewhere.sqlite3")
        with site.app.app_context():
            for session in (Session(elsewhere), Session()):
                with pytest.raises(DeclarationError, match=r"Dovetail\(engine="):
                    auth.end_logins("ada", session=session)
        elsewhere.dispose()

    def test_lost_process_locks_nobody_out_for_long(
        self, make_site: MakeSite, valkey_url: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It dies between the commit and the word of it to Valkey."""
        from flask_dovetail.auth.logins import valkey

        monkeypatch.setattr(valkey, "UNCOMMITTED_MS", 300)
        site = make_site(
            **ROOM, DOVETAIL_AUTH_SESSION_STORE="valkey", DOVETAIL_VALKEY_URL=valkey_url
        )
        logins = site.logins()
        lost = Session(create_engine("sqlite://"))
        with site.app.app_context():
            auth.end_logins("ada", session=lost)
        assert site.browser().sign_in().status_code == 503
        proved_at = logins.now_ms()
        time.sleep(0.5)
        with pytest.raises(OutdatedProof):
            logins.create(a_login(), a_hash(), proved_at=proved_at)
        assert site.browser().sign_in().status_code == 200
        lost.close()


class TestStores:
    def test_proof_from_before_the_end_is_outdated(self, store: Store) -> None:
        logins = store.logins
        proved_at = logins.now_ms()
        logins.end_all("ada")
        with pytest.raises(OutdatedProof) as outdated:
            logins.create(a_login(), a_hash(), proved_at=proved_at)
        assert logins.of_subject("ada") == []
        logins.create(a_login("bob"), a_hash(), proved_at=proved_at)
        login, token_hash = a_login(), a_hash()
        logins.create(login, token_hash, proved_at=outdated.value.proved_at)
        assert logins.find(token_hash) == login

    def test_refused_login_replaces_nothing(self, store: Store) -> None:
        bobs, bobs_hash = kept(store.logins, "bob")
        proved_at = store.logins.now_ms()
        store.logins.end_all("ada")
        with pytest.raises(OutdatedProof):
            store.logins.create(a_login(), a_hash(), proved_at=proved_at, replaces=[bobs_hash])
        assert store.logins.find(bobs_hash) == bobs

    def test_each_end_outdates_the_proof_that_followed_the_one_before(self, store: Store) -> None:
        proved_at = store.logins.now_ms()
        for _ in range(5):
            store.logins.end_all("ada")
            with pytest.raises(OutdatedProof) as outdated:
                store.logins.create(a_login(), a_hash(), proved_at=proved_at)
            assert outdated.value.proved_at is not None
            proved_at = outdated.value.proved_at
        store.logins.create(a_login(), a_hash(), proved_at=proved_at)

    def test_proof_older_than_the_longest_sign_in_is_outdated(self, store: Store) -> None:
        """Cutoffs are kept for so long, and not for longer."""
        old = store.logins.now_ms() - SIGN_IN_MS - 1
        with pytest.raises(OutdatedProof) as outdated:
            store.logins.create(a_login(), a_hash(), proved_at=old)
        assert outdated.value.proved_at is not None
        store.logins.create(a_login(), a_hash(), proved_at=outdated.value.proved_at)

    def test_login_to_keep_has_to_be_there(self, store: Store) -> None:
        mine, _ = kept(store.logins)
        gone, gone_hash = kept(store.logins)
        store.logins.end("ada", gone.id)
        bobs, _ = kept(store.logins, "bob")
        for keep in (KeptLogin(gone.id), KeptLogin(gone.id, gone_hash), KeptLogin(bobs.id)):
            with pytest.raises(KeptLoginEnded):
                store.logins.end_all("ada", keep=keep)
        assert store.logins.of_subject("ada") == [mine]

    def test_login_to_keep_has_to_have_the_session_id_that_was_sent(self, store: Store) -> None:
        login, former = kept(store.logins)
        other, _ = kept(store.logins)
        current = a_hash()
        store.logins.rotate(login, former, successor=current)
        with pytest.raises(KeptLoginEnded):
            store.logins.end_all("ada", keep=KeptLogin(login.id, former))
        assert {each.id for each in store.logins.of_subject("ada")} == {login.id, other.id}
        assert store.logins.end_all("ada", keep=KeptLogin(login.id, current)) == 1

    def test_no_login_slips_between_the_cutoff_and_the_end(self, store: Store) -> None:
        """Eight logins are written while all are ended, from a first use on: none stays."""
        for number in range(10):
            subject = f"person {number}"
            proved_at = store.logins.now_ms()
            start = threading.Barrier(9)

            def create(subject: str = subject, at: int = proved_at, start: Any = start) -> None:
                start.wait()
                with suppress(OutdatedProof):
                    store.logins.create(a_login(subject), a_hash(), proved_at=at)

            with ThreadPoolExecutor(9) as pool:
                creating = [pool.submit(create) for _ in range(8)]
                start.wait()
                store.logins.end_all(subject)
                for each in creating:
                    each.result()
            assert store.logins.of_subject(subject) == []

    def test_cutoffs_are_forgotten(self, store: Store) -> None:
        for number in range(20):
            store.logins.end_all(f"person {number}")
        if isinstance(store.logins, SqlLogins):
            later = -SIGN_IN_MS - UNCOMMITTED_MS
            with store.logins._bound().begin() as connection:
                assert connection.execute(
                    text("SELECT count(*) FROM dovetail_login_cutoffs")
                ).scalar()
                connection.execute(
                    text("UPDATE dovetail_login_cutoffs SET not_before = not_before + :by"),
                    {"by": later},
                )
            store.logins.end_all("ada")
            with store.logins._bound().connect() as connection:
                left = connection.execute(text("SELECT subject FROM dovetail_login_cutoffs"))
                assert left.scalars().all() == ["ada"]
        else:
            client = store.logins._bound()  # type: ignore[attr-defined]
            keys = client.keys("dovetail:login-cutoff:*")
            assert len(keys) == 20
            longest = SIGN_IN_MS + UNCOMMITTED_MS
            assert all(0 < client.pttl(key) <= longest for key in keys)


def test_old_schema_names_the_command(make_site: MakeSite, tmp_path: Any) -> None:
    from flask_dovetail import ConfigurationError

    engine = create_engine(f"sqlite:///{tmp_path}/old.sqlite3")
    upgrade(engine)
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE dovetail_login_cutoffs"))
    site = make_site(engine=lambda: engine)
    with pytest.raises(ConfigurationError, match="flask dovetail db upgrade"):
        site.logins().ping()
    engine.dispose()
