"""Mistakes of somebody new: each is refused, or logged, with the fact and the cure."""

from __future__ import annotations

import functools
import json
import logging
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from flask_dovetail import (
    ConfigurationError,
    DeclarationError,
    Dovetail,
    DovetailError,
    Identity,
    begin_login,
    operation,
    signed_in,
)
from flask_dovetail.testing import TEST_SETTINGS, DovetailClient
from support.whole_app import make_whole_app

EXISTING: dict[str, Any] = {
    "authenticate": lambda credentials: Identity("1"),
    "load_identity": Identity,
}


def make_app(tmp_path: Path, **arguments: Any) -> Flask:
    return make_whole_app(tmp_path, Dovetail(**EXISTING | arguments), **TEST_SETTINGS)


def by_email_and_password(email: str, password: str) -> Identity | None:
    return None


def without_arguments() -> Identity | None:
    return None


async def awaited(given: Any) -> Identity | None:
    return None


class Directory:
    """Accounts whose method is given, and which can be called itself."""

    def find(self, given: Any, *, region: str = "eu") -> Identity | None:
        return None

    def __call__(self, given: Any) -> Identity | None:
        return None


def test_an_app_given_to_the_extension_itself_is_refused_with_the_cure() -> None:
    with pytest.raises(DeclarationError, match=r"Dovetail\(Flask\)(.|\n)*cure:.*init_app\(app\)"):
        Dovetail(Flask("app"))  # type: ignore[arg-type]


@pytest.mark.parametrize("word", ["admin", ["admin"]])
def test_a_guard_with_a_positional_role_is_refused_with_the_cure(word: Any) -> None:
    with pytest.raises(DeclarationError, match=r"keyword arguments(.|\n)*cure:.*role="):
        signed_in(word)


@pytest.mark.parametrize("name", ["role", "scope"])
@pytest.mark.parametrize("several", [["admin"], ("admin",), {"admin"}])
def test_several_roles_in_the_place_of_one_are_refused(name: str, several: Any) -> None:
    with pytest.raises(DeclarationError, match=rf"{name}=...\) takes one: write {name}s="):
        signed_in(**{name: several})


@pytest.mark.parametrize("name", ["authenticate", "load_identity", "identify_external"])
@pytest.mark.parametrize(
    ("function", "fact"),
    [
        (by_email_and_password, r"takes \(email: "),
        (without_arguments, r"takes \(\)"),
        (awaited, "is a coroutine function"),
        ("accounts.find", "is a str"),
    ],
)
def test_a_function_that_cannot_be_called_is_refused_at_start(
    tmp_path: Path, name: str, function: Any, fact: str
) -> None:
    with pytest.raises(ConfigurationError, match=f"{name} {fact}") as refused:
        make_app(tmp_path, **{name: function})
    assert refused.value.key == f"Dovetail({name}=...)"
    assert f"def {name}(" in refused.value.cure


@pytest.mark.parametrize(
    "function",
    [
        Directory(),
        Directory().find,
        functools.partial(by_email_and_password, "a@example.com"),
        functools.lru_cache(lambda given: None),
        lambda *everything, **more: None,
        str,
    ],
)
def test_every_function_of_one_argument_is_taken(tmp_path: Path, function: Any) -> None:
    arguments = dict.fromkeys(("authenticate", "load_identity", "identify_external"), function)
    assert make_app(tmp_path, **arguments).test_client().get("/healthz").status_code == 200


@pytest.mark.parametrize("path", ["authenticate", "load_identity"])
def test_a_function_that_returns_a_coroutine_is_told_of_async(tmp_path: Path, path: str) -> None:
    app = make_app(tmp_path, **{path: lambda given: awaited(given)})
    client = DovetailClient(app)
    client.get("/api/csrf-token")
    call = {
        "authenticate": lambda: client.post(
            "/auth/login", json={"email": "a@example.com", "password": "x"}
        ),
        "load_identity": lambda: client.sign_in("1"),
    }[path]
    with pytest.raises(DeclarationError, match=rf"{path} returned a coroutine(.|\n)*not async def"):
        call()


def test_begin_login_outside_of_a_request_says_so(tmp_path: Path) -> None:
    with (
        make_app(tmp_path).app_context(),
        pytest.raises(DovetailError, match=r"no request is running(.|\n)*cure:.*DovetailClient"),
    ):
        begin_login(Identity("1"))


def test_an_engine_function_that_returns_something_else_says_so(tmp_path: Path) -> None:
    class DB:
        """Flask-SQLAlchemy's object, which has an engine and is none."""

    app = make_app(tmp_path, engine=lambda: DB())
    with pytest.raises(ConfigurationError, match="engine= returned a DB") as refused:
        DovetailClient(app).sign_in("1")
    assert "lambda: db.engine" in refused.value.cure


def test_a_refused_host_is_logged_once_with_the_key(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    client = make_app(tmp_path).test_client()
    with caplog.at_level(logging.WARNING, "flask_dovetail"):
        for _ in range(3):
            assert client.get("/", headers={"Host": "shop.example"}).status_code == 400
    [line] = [record for record in caplog.records if record.message == "host refused"]
    assert line.__dict__["host"] == "shop.example"
    assert "localhost" in line.__dict__["allowed"]
    assert line.__dict__["key"] == "DOVETAIL_TRUSTED_HOSTS"


def test_a_flood_of_hosts_does_not_fill_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    client = make_app(tmp_path).test_client()
    with caplog.at_level(logging.WARNING, "flask_dovetail"):
        for number in range(50):
            client.get("/", headers={"Host": f"{number}" + "x" * 5000})
    lines = [record for record in caplog.records if record.message == "host refused"]
    assert len(lines) == 20
    assert max(len(json.dumps(record.__dict__["host"])) for record in lines) < 300


@pytest.mark.parametrize("name", ["DOVETAIL_API_ORIGIN", "FLASK_DOVETAIL_API_ORIGIN"])
def test_a_setting_in_the_environment_that_nobody_reads_is_warned_of(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    name: str,
) -> None:
    monkeypatch.setenv(name, "https://api.example.com")
    with caplog.at_level(logging.WARNING, "flask_dovetail"):
        make_app(tmp_path / "unread")
    [line] = [each.message for each in caplog.records if "environment" in each.message]
    assert f"key:  {name}\n" in line
    assert "from_prefixed_env()" in line


def test_a_setting_in_the_environment_that_the_app_reads_is_not_warned_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("FLASK_DOVETAIL_API_ORIGIN", "https://api.example.com")
    app = Flask("reads", instance_path=str(tmp_path))
    app.config.from_mapping(TEST_SETTINGS)
    app.config.from_prefixed_env()
    with caplog.at_level(logging.WARNING, "flask_dovetail"):
        Dovetail().init_app(app)
    assert not [each for each in caplog.records if "environment" in each.message]


def test_a_route_that_goes_around_its_operation_is_warned_of_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    app = make_app(tmp_path)

    @operation()
    @app.get("/bare")
    def bare() -> dict[str, str]:
        return {}

    @app.get("/whole")
    @operation()
    def whole() -> dict[str, str]:
        return {}

    with caplog.at_level(logging.WARNING, "flask_dovetail"):
        for _ in range(2):
            assert app.test_client().get("/whole").status_code == 200
    [line] = [each.message for each in caplog.records if "goes around" in each.message]
    assert "'bare'" in line
    assert "cure: write @operation below @app.get" in line
