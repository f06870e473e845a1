"""Signing up, signing in, one's profile."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher
from flask import Flask
from sqlalchemy import select

from app import auth, create_app, passwords
from app.database import db
from app.models import User
from flask_dovetail import password_checks
from flask_dovetail.auth.authority import Auth
from flask_dovetail.core import state
from starter_support.settings import PASSWORD, settings_for
from starter_support.visitor import Visitor

pytestmark = pytest.mark.parametrize("strategy", ["session", "token"])

ADA = {"email": "ada@example.com", "name": "Ada", "password": "analytical engine"}


def test_whoever_signs_up_can_sign_in(visitor: Visitor) -> None:
    answer = visitor.post("/api/signup", ADA)
    assert answer.status_code == 201
    assert answer.json["name"] == "Ada"
    assert ADA["password"] not in answer.text
    assert "argon2" not in answer.text
    visitor.sign_in(ADA["email"], ADA["password"])
    assert visitor.get("/api/profile").json["email"] == ADA["email"]


def test_the_same_address_in_other_letters_is_the_same_account(visitor: Visitor) -> None:
    visitor.post("/api/signup", ADA)
    again = visitor.post("/api/signup", {**ADA, "email": "ADA@Example.com"})
    assert (again.status_code, again.json["code"]) == (409, "EMAIL_TAKEN")
    visitor.sign_in("Ada@EXAMPLE.com", ADA["password"])


def test_sign_ups_from_one_address_are_limited(app: Flask, visitor: Visitor) -> None:
    app.config["STARTER_SIGNUPS_PER_HOUR"] = 2
    for number in range(2):
        assert (
            visitor.post("/api/signup", {**ADA, "email": f"a{number}@example.com"}).status_code
            == 201
        )
    refused = visitor.post("/api/signup", {**ADA, "email": "a3@example.com"})
    assert (refused.status_code, refused.json["code"]) == (429, "TOO_MANY_REQUESTS")
    assert 0 < int(refused.headers["Retry-After"]) <= 3600


def test_sign_ups_without_room_for_their_password_check_do_not_count(
    app: Flask, strategy: str
) -> None:
    """A class that signs up at once comes back after `Retry-After`, and is not over its limit."""
    small = create_app(
        settings_for(Path(app.config["STARTER_DATA_FOLDER"]), strategy)
        | {"DOVETAIL_AUTH_PASSWORD_CHECKS_MAX": 1, "DOVETAIL_AUTH_PASSWORD_CHECKS_WAITING_MAX": 0}
        | {"STARTER_SIGNUPS_PER_HOUR": 1}
    )
    visitor = Visitor(small)
    # In a thread of its own: within `password_checks()` one does not wait for oneself.
    with ThreadPoolExecutor() as others, small.app_context(), password_checks():
        for _ in range(2):
            refused = others.submit(visitor.post, "/api/signup", ADA).result()
            assert (refused.status_code, refused.headers["Retry-After"]) == (503, "2")
    assert visitor.post("/api/signup", ADA).status_code == 201
    assert visitor.post("/api/signup", ADA).status_code == 429
    with small.app_context():
        db.engine.dispose()


def test_changes_of_ones_password_are_limited(app: Flask) -> None:
    """Each hashes one, as a sign-in does; and a former one comes back as one more change."""
    app.config["STARTER_PASSWORD_CHANGES_PER_HOUR"] = 2
    Visitor(app).post("/api/signup", ADA)
    former = ADA["password"]
    for password in ("difference engine", ADA["password"]):
        ada = Visitor(app).sign_in(ADA["email"], former)
        assert ada.put("/api/password", {"password": password}).status_code == 204
        former = password
    ada = Visitor(app).sign_in(ADA["email"], former)
    refused = ada.put("/api/password", {"password": "third engine"})
    assert (refused.status_code, refused.json["code"]) == (429, "TOO_MANY_REQUESTS")
    assert 0 < int(refused.headers["Retry-After"]) <= 3600
    Visitor(app).sign_in(ADA["email"], ADA["password"])
    grace = Visitor(app)
    grace.post("/api/signup", {**ADA, "email": "grace@example.com"})
    grace.sign_in("grace@example.com", ADA["password"])
    assert grace.put("/api/password", {"password": "difference engine"}).status_code == 204


def test_a_network_of_ipv6_is_one_address(app: Flask) -> None:
    """A customer has 2⁶⁴ of them, as logins are counted, too."""
    app.config["STARTER_SIGNUPS_PER_HOUR"] = 2

    def sign_up(number: int, address: str) -> int:
        visitor = Visitor(app, address)
        body = {**ADA, "email": f"a{number}@example.com"}
        return visitor.post("/api/signup", body).status_code

    addresses = [f"2001:db8::{number}" for number in range(1, 5)]
    assert [sign_up(n, address) for n, address in enumerate(addresses)] == [201, 201, 429, 429]
    assert sign_up(9, "2001:db8:0:1::1") == 201


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"email": "no address"}, "/body/email"),
        ({"email": "a@localhost"}, "/body/email"),
        ({"email": "a@example.com\nBcc: b@example.com"}, "/body/email"),
        ({"name": "   "}, "/body/name"),
        ({"name": "two\nlines"}, "/body/name"),
        ({"name": "a" * 81}, "/body/name"),
        ({"name": "nul\0"}, "/body/name"),
        ({"name": "\u200b"}, "/body/name"),
        ({"name": "\u3164"}, "/body/name"),
        ({"name": "—"}, "/body/name"),
        ({"name": "Ada\u202e"}, "/body/name"),
        ({"name": "A" + "\u0301" * 9}, "/body/name"),
        ({"name": "\u0958" * 50}, "/body/name"),
        ({"password": "short"}, "/body/password"),
        ({"password": "x" * 201}, "/body/password"),
        ({"role": "staff"}, "/body/role"),
    ],
)
def test_a_sign_up_that_cannot_be_is_refused_with_the_field(
    visitor: Visitor, change: dict[str, str], pointer: str
) -> None:
    answer = visitor.post("/api/signup", {**ADA, **change})
    assert (answer.status_code, answer.json["code"]) == (422, "VALIDATION_FAILED")
    assert [error["pointer"] for error in answer.json["errors"]] == [pointer]


@pytest.mark.parametrize(
    ("written", "kept"),
    [("  Ada\u00a0 Lovelace ", "Ada Lovelace"), ("한글", "한글"), ("Ada 👩‍👩‍👧", "Ada 👩‍👩‍👧")],
)
def test_a_name_has_one_spelling(member: Visitor, written: str, kept: str) -> None:
    assert member.patch("/api/profile", {"name": written}).json["name"] == kept


def test_a_profile_is_changed_field_by_field(member: Visitor) -> None:
    before = member.get("/api/profile").json
    after = member.patch("/api/profile", {"bio": "안녕하세요\nHello"}).json
    assert after == {**before, "bio": "안녕하세요\nHello"}
    assert member.patch("/api/profile", {"name": "New"}).json == {**after, "name": "New"}


def test_a_profile_is_for_whoever_is_signed_in(visitor: Visitor) -> None:
    answer = visitor.get("/api/profile")
    assert (answer.status_code, answer.json["code"]) == (401, "UNAUTHENTICATED")


def test_an_account_deleted_behind_the_guard_is_refused(
    app: Flask, member: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Answer 401 where the row is gone by the time that the view reads it."""
    read_user = auth.current_user

    def read_deleted() -> User:
        db.session.execute(sa.delete(User).where(User.email == "demo@example.com"))
        return read_user()

    monkeypatch.setattr(auth, "current_user", read_deleted)
    assert member.get("/api/profile").status_code == 401


def test_a_sign_in_costs_one_verification_whether_the_account_exists_or_not(
    app: Flask, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The hash is nearly all of the time a sign-in takes; both ways verify exactly one, alike."""
    verified: list[str] = []
    real = PasswordHasher.verify

    def counted(self: PasswordHasher, stored: str, password: str) -> bool:
        verified.append(stored)
        return real(self, stored, password)

    passwords._dummy()
    monkeypatch.setattr(PasswordHasher, "verify", counted)
    for email in ("demo@example.com", "nobody@example.com", "maren@example.com"):
        answer = visitor.post("/auth/login", {"email": email, "password": "wrong password"})
        assert (answer.status_code, answer.json["code"]) == (401, "INVALID_CREDENTIALS")
    assert len(verified) == 3
    assert len({parameters(stored) for stored in verified}) == 1


def parameters(stored: str) -> str:
    """`$argon2id$v=19$m=65536,t=3,p=4` of a hash."""
    return stored.rsplit("$", 2)[0]


def test_passwords_are_kept_as_argon2id(
    app: Flask,
    visitor: Visitor,
    app_hasher: PasswordHasher,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(passwords, "_hasher", app_hasher)
    assert visitor.post("/api/signup", ADA).status_code == 201
    with app.app_context():
        ada = db.session.scalars(select(User).where(User.email == ADA["email"])).one()
        assert ada.password_hash is not None
        assert ada.password_hash.startswith("$argon2id$v=19$m=65536,t=3,p=4$")


def test_a_hash_with_outdated_parameters_is_renewed_at_sign_in(
    app: Flask, visitor: Visitor
) -> None:
    with app.app_context():
        demo = db.session.scalars(select(User).where(User.email == "demo@example.com")).one()
        demo.password_hash = PasswordHasher(time_cost=1, memory_cost=64).hash("an older password")
        db.session.commit()
    visitor.sign_in("demo@example.com", "an older password")
    with app.app_context():
        demo = db.session.scalars(select(User).where(User.email == "demo@example.com")).one()
        assert demo.password_hash is not None
        assert not passwords.is_outdated(demo.password_hash)
    visitor.sign_in("demo@example.com", "an older password")


def test_a_new_password_replaces_the_old_one_and_ends_every_other_login(app: Flask) -> None:
    here, elsewhere = Visitor(app), Visitor(app)
    here.post("/api/signup", ADA)
    for browser in (here, elsewhere):
        browser.sign_in(ADA["email"], ADA["password"])
    assert here.put("/api/password", {"password": "difference engine"}).status_code == 204
    assert here.get("/api/profile").status_code == 200
    refused = elsewhere.get("/api/profile")
    assert (refused.status_code, refused.json["code"]) == (401, "SESSION_EXPIRED")
    Visitor(app).sign_in(ADA["email"], "difference engine")
    with pytest.raises(AssertionError, match="INVALID_CREDENTIALS"):
        Visitor(app).sign_in(ADA["email"], ADA["password"])


def test_the_old_password_signs_nobody_in_while_it_is_changed(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its check has read the old hash, and is over after the new one was committed."""
    owner = Visitor(app)
    owner.post("/api/signup", ADA)
    owner.sign_in(ADA["email"], ADA["password"])
    verified = []

    def verify(password: str, stored: str | None) -> bool:
        verified.append(password)
        if len(verified) == 1:
            changed = owner.put("/api/password", {"password": "difference engine"})
            assert changed.status_code == 204
        return passwords.verify(password, stored)

    monkeypatch.setattr("app.auth.verify", verify)
    with pytest.raises(AssertionError, match="INVALID_CREDENTIALS"):
        Visitor(app).sign_in(ADA["email"], ADA["password"])
    assert verified == [ADA["password"]] * 2
    assert owner.get("/api/profile").status_code == 200
    Visitor(app).sign_in(ADA["email"], "difference engine")


def test_renewing_an_old_hash_does_not_bring_a_former_password_back(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = Visitor(app)
    owner.post("/api/signup", ADA)
    owner.sign_in(ADA["email"], ADA["password"])
    asked = []

    def is_outdated(stored: str) -> bool:
        asked.append(stored)
        if len(asked) == 1:
            owner.put("/api/password", {"password": "difference engine"})
        return True

    monkeypatch.setattr("app.auth.is_outdated", is_outdated)
    with pytest.raises(AssertionError, match="INVALID_CREDENTIALS"):
        Visitor(app).sign_in(ADA["email"], ADA["password"])
    Visitor(app).sign_in(ADA["email"], "difference engine")


def test_a_login_that_is_ended_meanwhile_changes_no_password(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The request of a thief is past the guard when the owner's change ends the thief's login."""
    owner, thief = Visitor(app), Visitor(app)
    owner.post("/api/signup", ADA)
    for browser in (owner, thief):
        browser.sign_in(ADA["email"], ADA["password"])
    hashed = []

    def hash_password(password: str) -> str:
        hashed.append(password)
        if len(hashed) == 1:
            owner.put("/api/password", {"password": "difference engine"})
        return passwords.hash_password(password)

    monkeypatch.setattr("app.auth.hash_password", hash_password)
    refused = thief.put("/api/password", {"password": "stolen engine"})
    assert (refused.status_code, refused.json["code"]) == (401, "SESSION_EXPIRED")
    Visitor(app).sign_in(ADA["email"], "difference engine")
    with pytest.raises(AssertionError, match="INVALID_CREDENTIALS"):
        Visitor(app).sign_in(ADA["email"], "stolen engine")


def test_a_password_change_outdates_a_copy_of_the_login_that_changes_it(
    app: Flask, strategy: str
) -> None:
    visitor = Visitor(app)
    visitor.post("/api/signup", ADA)
    visitor.sign_in(ADA["email"], ADA["password"])
    cookie, path = ("rt", "/auth") if strategy == "token" else ("sid", "/")
    found = visitor._client.get_cookie(cookie, path=path)
    assert found is not None
    copy = app.test_client()
    copy.set_cookie(cookie, found.value, path=path)
    assert copy.get("/auth/session").json["login"] is not None
    visitor.put("/api/password", {"password": "difference engine"})
    assert copy.get("/auth/session").json["login"] is None
    visitor.renew()
    assert visitor.get("/api/profile").status_code == 200


def test_sign_ups_and_password_changes_share_the_room_for_password_checks(
    app: Flask, member: Visitor
) -> None:
    checks = state.get(Auth, app).password_checks
    checks._free = checks._max_waiting = 0
    visitor = Visitor(app)
    for answer in (
        visitor.post("/api/signup", ADA),
        member.put("/api/password", {"password": "difference engine"}),
        visitor.post("/auth/login", {"email": ADA["email"], "password": ADA["password"]}),
    ):
        assert (answer.status_code, answer.json["code"]) == (503, "SERVICE_UNAVAILABLE")
        assert int(answer.headers["Retry-After"]) >= 1


def test_who_signed_in_long_ago_signs_in_again_before_the_password_is_changed(
    app: Flask, member: Visitor
) -> None:
    with app.app_context():
        db.session.execute(sa.text("UPDATE dovetail_logins SET created_at = created_at - 3600"))
        db.session.commit()
    member.renew()
    refused = member.put("/api/password", {"password": "difference engine"})
    assert (refused.status_code, refused.json["code"]) == (401, "REAUTHENTICATION_REQUIRED")
    assert refused.json["max_age"] == 600
    member.sign_in("demo@example.com", PASSWORD)
    assert member.put("/api/password", {"password": "difference engine"}).status_code == 204


@pytest.mark.parametrize("password", ["too short", "x" * 201])
def test_a_new_password_has_the_length_of_one(member: Visitor, password: str) -> None:
    answer = member.put("/api/password", {"password": password})
    assert (answer.status_code, answer.json["code"]) == (422, "VALIDATION_FAILED")
    assert [error["pointer"] for error in answer.json["errors"]] == ["/body/password"]


def test_an_account_that_is_gone_is_signed_out(app: Flask, visitor: Visitor) -> None:
    visitor.post("/api/signup", ADA)
    visitor.sign_in(ADA["email"], ADA["password"])
    with app.app_context():
        db.session.delete(db.session.scalars(select(User).where(User.email == ADA["email"])).one())
        db.session.commit()
    answer = visitor.get("/api/profile")
    assert (answer.status_code, answer.json["code"]) == (401, "SESSION_EXPIRED")
