"""Whom the app makes an account for when an outside provider vouches for them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from app.auth import identify_external
from app.database import db
from app.models import User
from flask_dovetail import ExternalAccount, Identity
from flask_dovetail.problems import AccountExists


@pytest.fixture(autouse=True)
def context(app: Flask) -> Iterator[None]:
    with app.app_context():
        yield


def account(email: str | None, name: str | None = "Ada Lovelace") -> ExternalAccount:
    return ExternalAccount("example", "https://id.example.com", "1", email, name)


def user_of(identity: Identity) -> User:
    return db.session.get_one(User, int(identity.subject))


def test_a_verified_email_that_is_new_makes_an_account_without_a_password() -> None:
    made = identify_external(account("Ada@Example.com"))
    assert made is not None
    assert made.roles == ("member",)
    user = user_of(made)
    assert (user.email, user.name, user.has_password) == ("ada@example.com", "Ada Lovelace", False)


@pytest.mark.parametrize("email", ["demo@example.com", "DEMO@example.com", "maren@example.com"])
def test_an_email_that_has_an_account_is_refused_whoever_vouches_for_it(email: str) -> None:
    with pytest.raises(AccountExists):
        identify_external(account(email))


@pytest.mark.parametrize("email", [None, "", "no address", "a@localhost", "a@b.example\n"])
def test_without_an_email_that_could_be_one_there_is_no_account(email: str | None) -> None:
    assert identify_external(account(email)) is None


@pytest.mark.parametrize("name", [None, "", "  ", "a" * 81, "two\nlines", "nul\0"])
def test_a_name_that_cannot_be_is_replaced_by_the_first_part_of_the_email(name: str | None) -> None:
    made = identify_external(account("ada@example.com", name))
    assert made is not None
    assert user_of(made).name == "ada"
