"""A sign-in whose subject `load_identity` does not know: the log says what to look at."""

from __future__ import annotations

import logging

import pytest
from flask import Flask

from flask_dovetail import Dovetail, Identity
from flask_dovetail.auth.request import caller
from flask_dovetail.testing import TEST_SETTINGS, DovetailClient


@pytest.fixture(params=["session", "token"])
def client(request: pytest.FixtureRequest) -> DovetailClient:
    """Somebody who signs in as "1", which the app knows as 1."""
    app = Flask("mistaken")
    app.config.from_mapping(TEST_SETTINGS, DOVETAIL_AUTH_STRATEGY=request.param)
    people = {1: Identity("1")}
    Dovetail(
        authenticate=lambda _: Identity("1"),
        load_identity=people.get,  # type: ignore[arg-type]  # the mistake
    ).init_app(app)
    return DovetailClient(app)


def sign_in(client: DovetailClient) -> None:
    answer = client.post("/auth/login", json={"email": "a@example.com", "password": "any"})
    assert answer.status_code == 200


def refusals(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    return [each for each in caplog.records if vars(each).get("reason") == "identity refused"]


def test_login_that_has_just_begun_is_a_warning_with_the_cure(
    client: DovetailClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    sign_in(client)
    assert client.get("/api/me").status_code == 401
    record = refusals(caplog)[0]
    assert record.levelno == logging.WARNING
    assert vars(record)["key"] == "load_identity"
    assert "is a str" in vars(record)["cure"]


def test_account_that_goes_later_is_no_warning(
    client: DovetailClient, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.INFO)
    monkeypatch.setattr(caller, "_JUST_BEGUN_SECONDS", -2)
    sign_in(client)
    assert client.get("/api/me").status_code == 401
    assert [each.levelno for each in refusals(caplog)] == [logging.INFO]
