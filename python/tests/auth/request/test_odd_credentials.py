"""Credentials of the app's own in odd requests: quoted cookies, and requests that are handed on."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from flask import Flask, make_response
from werkzeug.test import Client

from flask_dovetail import (
    Dovetail,
    Identity,
    SecurityScheme,
    begin_login,
    current_identity,
    list_logins,
    signed_in,
)
from support.auth_site import SECRET_KEY

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

Make = Callable[..., Flask]


@pytest.fixture
def make(tmp_path: Path, migrated: Path) -> Make:
    def make_app(name: str, schemes: Mapping[str, SecurityScheme], **config: Any) -> Flask:
        folder = tmp_path / name
        folder.mkdir()
        shutil.copy(migrated, folder)
        app = Flask(name, instance_path=str(folder))
        app.config.update(SECRET_KEY=SECRET_KEY + name, TESTING=True, **config)
        Dovetail(
            authenticate=lambda _: None, load_identity=Identity, security_schemes=schemes
        ).init_app(app)
        return app

    return make_app


def who() -> str:
    identity = current_identity()
    assert identity is not None
    return identity.subject


@pytest.mark.parametrize("value", ["plain", 'a, "b"; c', '{"id": 1}', "Zo\u00eb", ""])
def test_a_cookie_has_the_value_that_the_app_has_set(make: Make, value: str) -> None:
    given: list[str] = []

    def identify(text: str) -> Identity:
        given.append(text)
        return Identity("ada")

    app = make("example", {"legacy": SecurityScheme.cookie("legacy", identify)})
    app.add_url_rule("/who", "who", signed_in(who))

    @app.get("/set")
    def set_it() -> Any:
        answer = make_response("set")
        answer.set_cookie("legacy", value)
        return answer

    client = app.test_client()
    client.get("/set")
    assert client.get("/who").text == "ada"
    assert given == [value]


def test_a_cookie_with_a_control_character_is_nobodys(make: Make) -> None:
    app = make("example", {"legacy": SecurityScheme.cookie("legacy", Identity)})
    app.add_url_rule("/who", "who", signed_in(who))
    client = app.test_client(use_cookies=False)
    answer = client.get("/who", headers={"Cookie": 'legacy="a\\000b"'})
    assert (answer.status_code, answer.json["code"]) == (401, "UNAUTHENTICATED")


def cascade(first: Flask, second: Flask) -> Client:
    """Ask `second` what `first` has not found, with the same environ."""

    def both(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        answers: list[Any] = []

        def keep(*answer: Any) -> Any:
            answers.append(answer)

        body = b"".join(first(environ, keep))
        if answers[0][0].startswith("404"):
            return second(environ, start_response)
        start_response(*answers[0])
        return [body]

    return Client(both)


def scheme(subject: str) -> dict[str, SecurityScheme]:
    return {"api_key": SecurityScheme.header("X-API-Key", lambda _: Identity(subject))}


def test_each_app_asks_its_own_function_about_a_request_that_is_handed_on(make: Make) -> None:
    first, second = make("first", scheme("of the first")), make("second", scheme("of the second"))
    second.add_url_rule("/who", "who", signed_in(who), methods=["POST"])
    answer = cascade(first, second).post("/who", headers={"X-API-Key": "any"})
    assert answer.text == "of the second"


def test_each_app_checks_the_csrf_token_of_a_request_that_is_handed_on(make: Make) -> None:
    first = make("first", {}, DOVETAIL_AUTH_CSRF_VIEWS="all")
    ticket = {"ticket": SecurityScheme.cookie("ticket", lambda _: Identity("ada"))}
    second = make("second", ticket)
    guarded = signed_in(who)
    second.add_url_rule("/who", "who", lambda: guarded(), methods=["POST"])  # hidden from the hook
    client = cascade(first, second)
    client.set_cookie("ticket", "any")
    answer = client.post("/who")
    assert (answer.status_code, answer.get_json()["code"]) == (403, "CSRF_FAILED")


def test_a_login_of_the_app_in_front_outlives_a_refusal_behind_it(make: Make) -> None:
    """The app in front begins the login, asks another app with the same environ, and answers."""
    front, behind = make("front", {}), make("behind", {})

    @front.get("/in")
    def sign_in() -> str:
        from flask import request

        begin_login(Identity("ada"))
        b"".join(behind(request.environ, lambda *_: lambda _: None))
        return who()

    assert front.test_client().get("/in").text == "ada"
    with front.app_context():
        assert [login.subject for login in list_logins("ada")] == ["ada"]
