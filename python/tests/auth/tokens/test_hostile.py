"""Attacks on a whole app, with everything on: the right code, and no secret in clear."""

from __future__ import annotations

import base64
import json
import logging
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask import Flask, request
from sqlalchemy import create_engine, text
from werkzeug.test import TestResponse

from flask_dovetail import Credentials, Dovetail, Identity, signed_in
from flask_dovetail.auth.authority import Auth
from flask_dovetail.auth.tokens.keys.ring import Key
from flask_dovetail.core import state
from support.databases import migrate

SECRET_KEY = "a key that is long enough to be one"
API = "http://localhost:5000"
OURS = {"X-Requested-With": "XMLHttpRequest"}
INVALID = 'Bearer realm="dovetail", error="invalid_token", error_description="'


@pytest.fixture
def heard(
    caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> Iterator[Callable[[], str]]:
    """All that any logger says, and all that is written to the terminal."""
    loud = [logging.getLogger(), *map(logging.getLogger, ("sqlalchemy", "jwt", "flask_dovetail"))]
    levels = [logger.level for logger in loud]
    for logger in loud:
        logger.setLevel(logging.DEBUG)
    written: list[str] = []

    def everything() -> str:
        captured = capsys.readouterr()
        written.append(captured.out + captured.err)
        fields = ({**each.__dict__, "exc_info": None} for each in caplog.records)
        return "\n".join([*map(repr, fields), caplog.text, *written])

    yield everything
    for logger, level in zip(loud, levels, strict=True):
        logger.setLevel(level)


@pytest.fixture
def app(tmp_path: Path, heard: Callable[[], str]) -> Flask:
    made = Flask("hostile", instance_path=str(tmp_path))
    made.config.update(
        SECRET_KEY=SECRET_KEY,
        DOVETAIL_AUTH_STRATEGY="token",
        DOVETAIL_API_ORIGIN=API,
        DOVETAIL_LOGS_LEVEL="DEBUG",
        DOVETAIL_LOGS_FORMAT="json",
        DOVETAIL_DATABASE_URL=f"sqlite:///{tmp_path}/logins.sqlite3",
    )
    people = {"ada": Identity("ada", scopes=("read",)), "bob": Identity("bob")}

    def authenticate(credentials: Credentials) -> Identity | None:
        return people.get(credentials.email)

    Dovetail(authenticate=authenticate, load_identity=people.get).init_app(made)

    @made.get("/crash")
    @signed_in
    def crash() -> None:
        made.logger.error("headers: %r; cookies: %r", dict(request.headers), request.cookies)
        made.logger.error("environ: %s", request.environ)
        raise RuntimeError(
            f"{request.headers.get('Authorization')} {request.headers.get('Cookie')}"
        )

    @made.get("/broken-sql")
    @signed_in
    def broken_sql() -> None:
        parameters = {"token": request.headers["Authorization"], "rt": request.cookies["rt"]}
        engine = create_engine(made.config["DOVETAIL_DATABASE_URL"])
        try:
            with engine.connect() as connection:
                connection.execute(text("SELECT :token, :rt FROM no_such_table"), parameters)
        finally:
            engine.dispose()

    migrate(made.config["DOVETAIL_DATABASE_URL"])
    return made


class Person:
    """Somebody who is signed in, and what an attacker would like to see of it."""

    def __init__(self, app: Flask, subject: str = "ada") -> None:
        self.client = app.test_client()
        self.client.preserve_context = False
        body = {"email": subject, "password": "correct horse"}
        answer = self.client.post("/auth/login", json=body)
        assert answer.status_code == 200
        self.access: str = answer.json["access_token"]
        self.login: dict[str, Any] = answer.json["login"]
        self.cookie = self.refresh_token()

    def refresh_token(self) -> str:
        cookie = self.client.get_cookie("rt", path="/auth")
        assert cookie is not None
        return cookie.value

    def secrets(self) -> set[str]:
        return {*self.access.split("."), *self.cookie.split("."), *self.refresh_token().split(".")}

    def me(self, token: str) -> TestResponse:
        return self.client.get("/api/me", headers={"Authorization": f"Bearer {token}"})


@pytest.fixture
def ada(app: Flask) -> Person:
    return Person(app)


def stays_secret(heard: Callable[[], str], *secrets: str) -> None:
    said = heard()
    for secret in secrets:
        assert len(secret) >= 16
        assert secret not in said
        assert secret[:40] not in said


def claims(person: Person, **changes: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(_unpadded(person.access.split(".")[1]))
    return {name: value for name, value in (found | changes).items() if value is not ...}


def _unpadded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def encode(part: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


def signing_key(app: Flask) -> Key:
    auth = state.get(Auth, app)
    assert auth.key_ring is not None
    with app.app_context():
        return auth.key_ring.signing_key(auth.now())


def by_our_key(app: Flask, body: dict[str, Any], **header: Any) -> str:
    """A token that our own key has signed: the rest is what is wrong with it."""
    key = signing_key(app)
    typed = {"typ": "at+jwt", "kid": key.kid} | header
    return jwt.encode(body, key.private, algorithm=key.algorithm, headers=typed)


Forge = Callable[[Flask, Person], str]


def kid(app: Flask) -> str:
    return signing_key(app).kid


def unsigned(app: Flask, ada: Person) -> str:
    header = {"alg": "none", "typ": "at+jwt", "kid": kid(app)}
    return f"{encode(header)}.{encode(claims(ada))}."


def with_the_public_key_as_secret(app: Flask, ada: Person) -> str:
    jwk = signing_key(app).jwk
    assert jwk is not None
    header = {"typ": "at+jwt", "kid": jwk["kid"]}
    return jwt.encode(claims(ada), _unpadded(jwk["x"]), algorithm="HS256", headers=header)


def by_another_key(app: Flask, ada: Person) -> str:
    header = {"typ": "at+jwt", "kid": kid(app)}
    return jwt.encode(claims(ada), Ed25519PrivateKey.generate(), algorithm="EdDSA", headers=header)


def by_another_kind_of_key(app: Flask, ada: Person) -> str:
    header = {"typ": "at+jwt", "kid": kid(app)}
    private = generate_private_key(SECP256R1())
    return jwt.encode(claims(ada), private, algorithm="ES256", headers=header)


NOW = int(time.time())
FORGERIES: dict[str, Forge] = {
    "alg=none": unsigned,
    "public key as HMAC secret": with_the_public_key_as_secret,
    "another key": by_another_key,
    "another kind of key": by_another_kind_of_key,
    "unknown kid": lambda app, ada: by_our_key(app, claims(ada), kid="x" * 43),
    "kid that is a path": lambda app, ada: by_our_key(app, claims(ada), kid="../../etc/passwd"),
    "kid that is SQL": lambda app, ada: by_our_key(app, claims(ada), kid="' OR 1=1 --"),
    "no typ": lambda app, ada: by_our_key(app, claims(ada), typ=None),
    "an ID token": lambda app, ada: by_our_key(app, claims(ada), typ="JWT"),
    "key in the header": lambda app, ada: by_our_key(app, claims(ada), jku="https://evil.example"),
    "from the future": lambda app, ada: by_our_key(app, claims(ada, nbf=NOW + 999, iat=NOW + 999)),
    "foreign audience": lambda app, ada: by_our_key(app, claims(ada, aud="https://other.example")),
    "no audience": lambda app, ada: by_our_key(app, claims(ada, aud=...)),
    "foreign issuer": lambda app, ada: by_our_key(app, claims(ada, iss="https://other.example")),
    "no expiry": lambda app, ada: by_our_key(app, claims(ada, exp=...)),
    "expiry as text": lambda app, ada: by_our_key(app, claims(ada, exp=str(NOW + 900))),
    "no subject": lambda app, ada: by_our_key(app, claims(ada, sub=...)),
    "roles as text": lambda app, ada: by_our_key(app, claims(ada, roles="admin")),
    "refresh token": lambda _app, ada: ada.cookie,
    "handle of the refresh token": lambda _app, ada: ada.cookie.split(".")[0],
    "tampered claims": lambda _app, ada: ".".join(
        [ada.access.split(".")[0], encode(claims(ada, sub="bob")), ada.access.split(".")[2]]
    ),
    "tampered signature": lambda _app, ada: ada.access[:-20] + ada.access[-20:].swapcase(),
    "truncated": lambda _app, ada: ada.access[:-1],
    "without its signature": lambda _app, ada: ada.access.rpartition(".")[0] + ".",
    "twice": lambda _app, ada: f"{ada.access}, Bearer {ada.access}",
    "100 kB": lambda _app, ada: ada.access + "A" * 100_000,
    "100 kB of claims": lambda app, ada: by_our_key(app, claims(ada, roles=["x" * 100] * 1000)),
    "bottomless JSON": lambda app, ada: f"{encode({})[:-1]}.{'W' * 4000}.x",
    "not ASCII": lambda _app, ada: ada.access[:50] + "\xe9" + ada.access[50:],
}


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forged_access_token_is_refused_and_never_repeated(
    app: Flask, ada: Person, heard: Callable[[], str], name: str
) -> None:
    token = FORGERIES[name](app, ada)
    answer = ada.me(token)
    assert (answer.status_code, answer.json["code"]) == (401, "INVALID_TOKEN")
    assert answer.headers["WWW-Authenticate"].startswith(INVALID)
    assert "Set-Cookie" not in answer.headers
    pieces = [piece for piece in token.split(".") if len(piece) >= 16 and piece.isascii()]
    told = answer.text + str(answer.headers)
    assert not any(piece[:40] in told for piece in pieces)
    stays_secret(heard, *ada.secrets(), *(piece for piece in pieces if piece != encode({})))
    assert ada.me(ada.access).status_code == 200  # the forgery cost the real one nothing


def test_expired_and_forged_tokens_are_reported_differently(app: Flask, ada: Person) -> None:
    expired = by_our_key(app, claims(ada, iat=NOW - 999, nbf=NOW - 999, exp=NOW - 99))
    answer = ada.me(expired)
    assert (answer.status_code, answer.json["code"]) == (401, "TOKEN_EXPIRED")
    assert answer.headers["WWW-Authenticate"].startswith(INVALID)


def test_clocks_that_differ_by_30_s_agree_about_a_token(app: Flask, ada: Person) -> None:
    slow = by_our_key(app, claims(ada, iat=NOW - 930, nbf=NOW - 930, exp=int(time.time()) - 25))
    fast = by_our_key(app, claims(ada, iat=int(time.time()) + 25, nbf=int(time.time()) + 25))
    assert ada.me(slow).status_code == 200
    assert ada.me(fast).status_code == 200


def test_token_of_another_app_is_refused(tmp_path: Path, app: Flask, ada: Person) -> None:
    """Another service with the same configuration, but a database, and so keys, of its own."""
    other = Flask("other", instance_path=str(tmp_path / "other"))
    other.config.update(
        SECRET_KEY=SECRET_KEY, DOVETAIL_AUTH_STRATEGY="token", DOVETAIL_API_ORIGIN=API
    )
    Dovetail(authenticate=lambda _: Identity("ada"), load_identity=Identity).init_app(other)
    answer = ada.me(Person(other).access)
    assert answer.json["code"] == "INVALID_TOKEN"


def refreshed(app: Flask, cookie: str) -> tuple[int, str]:
    client = app.test_client(use_cookies=False)
    answer = client.post("/auth/refresh", headers=OURS | {"Cookie": f"rt={cookie}"})
    assert "Set-Cookie" not in answer.headers
    assert cookie not in answer.text
    return answer.status_code, answer.json["code"]


class TestTheWrongCredentialInTheWrongPlace:
    def test_an_access_token_is_no_refresh_token(self, app: Flask, ada: Person) -> None:
        assert refreshed(app, ada.access) == (401, "UNAUTHENTICATED")

    def test_the_handle_is_no_session_id(self, app: Flask, ada: Person) -> None:
        handle = ada.cookie.split(".")[0]
        client = app.test_client(use_cookies=False)
        for value in (handle, ada.cookie.split(".")[1]):
            answer = client.get("/api/me", headers={"Cookie": f"sid={value}"})
            assert answer.json["code"] == "SESSION_EXPIRED"

    def test_the_handle_alone_is_no_refresh_token(self, app: Flask, ada: Person) -> None:
        assert refreshed(app, ada.cookie.split(".")[0]) == (401, "UNAUTHENTICATED")

    def test_the_secret_of_another_family_ends_the_one_it_is_tried_on(
        self, app: Flask, ada: Person, heard: Callable[[], str]
    ) -> None:
        bob = Person(app, "bob")
        mixed = f"{ada.cookie.split('.')[0]}.{bob.cookie.split('.')[1]}"
        assert refreshed(app, mixed) == (401, "REFRESH_REUSED")
        assert refreshed(app, ada.cookie) == (401, "SESSION_EXPIRED")
        assert bob.client.post("/auth/refresh", headers=OURS).status_code == 200
        stays_secret(heard, *ada.secrets(), *bob.secrets())

    def test_a_login_id_is_no_credential(self, app: Flask, ada: Person) -> None:
        login_id = ada.login["id"]
        assert ada.me(login_id).json["code"] == "INVALID_TOKEN"
        assert refreshed(app, login_id) == (401, "UNAUTHENTICATED")

    def test_a_token_in_the_address_or_a_form_does_not_count(self, app: Flask, ada: Person) -> None:
        client = app.test_client(use_cookies=False)
        answer = client.get("/api/me", query_string={"access_token": ada.access})
        assert answer.json["code"] == "UNAUTHENTICATED"


def test_an_ended_login_answers_alike_for_every_old_credential(
    app: Flask, ada: Person, heard: Callable[[], str]
) -> None:
    first = ada.cookie
    ada.client.post("/auth/refresh", headers=OURS)
    second = ada.refresh_token()
    assert ada.client.post("/auth/logout", headers=OURS).status_code == 204
    for cookie in (first, second):
        assert refreshed(app, cookie) == (401, "SESSION_EXPIRED")
    stays_secret(heard, *first.split("."), *second.split("."), *ada.access.split("."))


@pytest.mark.parametrize("path", ["/crash", "/broken-sql"])
def test_an_exception_that_holds_every_credential_is_logged_without_them(
    app: Flask, ada: Person, heard: Callable[[], str], path: str
) -> None:
    logging.getLogger("sqlalchemy").setLevel("WARNING")  # the echo of the app's own statements
    ada.client.set_cookie("rt", ada.cookie)  # at every path, so that the view sees it
    ada.client.set_cookie("sid", "S1d-" * 10 + "abc")
    answer = ada.client.get(path, headers={"Authorization": f"Bearer {ada.access}"})
    assert answer.status_code == 500
    assert ada.access not in answer.text
    said = heard()
    assert "RuntimeError" in said or "no_such_table" in said  # it was logged
    for secret in (*ada.access.split("."), *ada.cookie.split("."), "S1d-" * 10 + "abc"):
        assert secret not in said


def test_the_access_line_knows_the_subject_by_its_pseudonym_only(
    app: Flask, ada: Person, heard: Callable[[], str]
) -> None:
    heard()
    ada.me(ada.access)
    ada.client.post("/auth/refresh", headers=OURS)
    lines = [json.loads(line) for line in heard().splitlines() if line.startswith('{"event"')]
    by_path = {line["path"]: line["subject"] for line in lines if line["event"] == "request"}
    assert by_path["/api/me"] == by_path["/auth/refresh"]
    assert by_path["/api/me"].startswith("s_")
    assert "ada" not in by_path["/api/me"]
