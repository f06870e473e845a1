"""`GET /.well-known/jwks.json`: what another service verifies with, and no more than that."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import jwt
import pytest
from joserfc import jwt as jose_jwt
from joserfc.errors import BadSignatureError
from joserfc.jwk import KeySet
from sqlalchemy import event
from sqlalchemy.exc import OperationalError
from werkzeug.serving import BaseWSGIServer, make_server

from flask_dovetail import contract
from flask_dovetail.auth.authority import Auth
from flask_dovetail.auth.sign_in.jwks import Jwks
from flask_dovetail.core import state
from flask_dovetail.storage.database import Database
from support.auth_site import PASSWORD, AuthSite, MakeSite
from support.paths import ROOT

PATH = "/.well-known/jwks.json"
PAGE = ROOT / "docs" / "keys.md"
MEMBERS = {
    "EdDSA": {"kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA"},
    "ES256": {"kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256"},
}
PRIVATE = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}
asymmetric = pytest.mark.parametrize("algorithm", ["EdDSA", "ES256"])


def a_site(make_site: MakeSite, algorithm: str = "EdDSA", **config: Any) -> AuthSite:
    return make_site(DOVETAIL_AUTH_STRATEGY="token", DOVETAIL_AUTH_ALGORITHM=algorithm, **config)


def token_of(site: AuthSite) -> str:
    body = {"email": "ada@example.com", "password": PASSWORD}
    answer = site.app.test_client().post("/auth/login", json=body)
    assert answer.status_code == 200, answer.json
    token: str = answer.json["access_token"]
    return token


def served(site: AuthSite) -> dict[str, Any]:
    answer = site.app.test_client().get(PATH)
    assert answer.status_code == 200
    keys: dict[str, Any] = answer.json
    return keys


def rotate(site: AuthSite, **how: bool) -> str:
    with site.app.app_context():
        auth = state.get(Auth)
        assert auth.key_ring is not None
        return auth.key_ring.rotate(auth.now(), **how).key.kid


@asymmetric
def test_only_the_public_half_of_every_key_is_published(
    make_site: MakeSite, algorithm: str
) -> None:
    site = a_site(make_site, algorithm)
    token_of(site)
    rotate(site)
    keys = served(site)["keys"]
    assert len(keys) == 2
    for key in keys:
        coordinates = {"x"} if algorithm == "EdDSA" else {"x", "y"}
        assert key.keys() == MEMBERS[algorithm].keys() | coordinates | {"kid"}
        assert key.items() >= MEMBERS[algorithm].items()
        assert not PRIVATE & key.keys()
        assert jwt.PyJWK(key).key_type != "oct"
        assert not hasattr(jwt.PyJWK(key).key, "private_bytes")


def test_shared_secrets_are_not_published(make_site: MakeSite) -> None:
    site = a_site(make_site, "HS256")
    token_of(site)
    assert served(site) == {"keys": []}


def test_a_ring_that_leaks_could_not_publish_a_private_member() -> None:
    """The answer is written from a model that has no place for one."""
    leaked = {"kty": "OKP", "crv": "Ed25519", "x": "A", "kid": "k", "use": "sig", "alg": "EdDSA"}
    written = Jwks.model_validate({"keys": [leaked | {"d": "private", "k": "private"}]})
    assert written.model_dump() == {"keys": [leaked]}


def test_anybody_may_read_and_cache_it(make_site: MakeSite) -> None:
    client = a_site(make_site).app.test_client()
    answer = client.get(PATH)
    assert answer.content_type == "application/json"
    assert answer.headers["Cache-Control"] == "public, max-age=300"
    assert "Set-Cookie" not in answer.headers
    assert "Cookie" not in answer.headers.get("Vary", "")
    tag = answer.headers["ETag"]
    again = client.get(PATH, headers={"If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["Cache-Control"] == "public, max-age=300"
    assert client.get(PATH, headers={"If-None-Match": '"other"'}).status_code == 200


def test_a_rotation_changes_the_tag(make_site: MakeSite) -> None:
    site = a_site(make_site)
    tag = site.app.test_client().get(PATH).headers["ETag"]
    rotate(site)
    assert site.app.test_client().get(PATH, headers={"If-None-Match": tag}).status_code == 200


def test_jwks_is_never_empty(make_site: MakeSite) -> None:
    """Before the first login: some clients take an empty set for an error, all would cache it."""
    site = a_site(make_site)
    (key,) = served(site)["keys"]
    assert jwt.get_unverified_header(token_of(site))["kid"] == key["kid"]


def test_the_contract_says_it(make_site: MakeSite) -> None:
    app = a_site(make_site).app
    with app.app_context():
        document = contract.build_document(app)
    operation = document["paths"][PATH]["get"]
    assert "security" not in operation or operation["security"] == []
    assert operation["responses"]["200"]["content"].keys() == {"application/json"}


def test_the_session_strategy_has_no_keys_to_show(site: AuthSite) -> None:
    assert site.app.test_client().get(PATH).status_code == 404


def test_while_the_database_is_away_it_is_served_from_memory(make_site: MakeSite) -> None:
    site = a_site(make_site)
    keys = served(site)
    with site.app.app_context():
        engine = state.get(Database).engine()

    @event.listens_for(engine, "do_execute")
    def away(*_: Any) -> None:
        raise OperationalError("SELECT", None, ConnectionRefusedError())

    for seconds in (5, 60, 3600):
        site.clock.advance(seconds)
        assert served(site) == keys


class TestAnotherService:
    # RFC 9864 renames it Ed25519, which hardly any library knows yet.
    @pytest.mark.filterwarnings("ignore:EdDSA is deprecated:joserfc.errors.SecurityWarning")
    @asymmetric
    def test_another_library_verifies_with_the_jwks_alone(
        self, make_site: MakeSite, algorithm: str
    ) -> None:
        site = a_site(make_site, algorithm)
        token = token_of(site)
        keys = KeySet.import_key_set(served(site))  # type: ignore[arg-type]
        read = jose_jwt.decode(token, keys, algorithms=[algorithm])
        assert read.claims["sub"] == "ada"
        assert read.claims["iss"] == read.claims["aud"] == "http://localhost:5000"
        assert read.header["typ"] == "at+jwt"
        with pytest.raises(BadSignatureError):
            jose_jwt.decode(token[:-8] + "AAAAAAAA", keys, algorithms=[algorithm])

    @asymmetric
    def test_old_and_new_tokens_verify_after_a_rotation_with_a_set_that_was_cached(
        self, make_site: MakeSite, algorithm: str
    ) -> None:
        site = a_site(make_site, algorithm)
        old = token_of(site)
        rotate(site)
        cached = jwt.PyJWKSet.from_dict(served(site))
        site.clock.advance(600)
        new = token_of(site)
        assert jwt.get_unverified_header(old)["kid"] != jwt.get_unverified_header(new)["kid"]
        for token in (old, new):
            key = cached[jwt.get_unverified_header(token)["kid"]]
            claims = jwt.decode(
                token,
                key,
                algorithms=[algorithm],
                audience="http://localhost:5000",
                options={"verify_exp": False, "verify_iat": False, "verify_nbf": False},
            )
            assert claims["sub"] == "ada"

    @asymmetric
    def test_after_an_emergency_the_former_key_is_gone_at_once(
        self, make_site: MakeSite, algorithm: str
    ) -> None:
        site = a_site(make_site, algorithm)
        token_of(site)
        kid = rotate(site, at_once=True)
        assert [key["kid"] for key in served(site)["keys"]] == [kid]

    @asymmetric
    def test_the_example_of_the_guide_verifies_over_http_in_a_process_of_its_own(
        self, make_site: MakeSite, algorithm: str
    ) -> None:
        """Verify as another service does: no Dovetail, no Flask, only PyJWT and the address."""
        with listening() as server:
            origin = f"http://127.0.0.1:{server.port}"
            site = a_site(make_site, algorithm, DOVETAIL_API_ORIGIN=origin)
            server.app = site.app
            site.clock.now = time.time()
            token = token_of(site)
            (example,) = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(), re.M | re.S)
            program = example.replace('"https://api.example.com"', repr(origin)) + (
                "\nimport json, sys\n"
                "for token in json.load(sys.stdin):\n"
                "    try:\n"
                "        print(json.dumps(verified(token)))\n"
                "    except jwt.PyJWTError as error:\n"
                "        print(json.dumps(type(error).__name__))\n"
                "assert not {'flask', 'flask_dovetail'} & set(sys.modules)\n"
            )
            given = [
                token,
                token[:-8] + "AAAAAAAA",
                jwt.encode({"sub": "ada"}, "x" * 32, "HS256", {"kid": "unknown"}),
                "not a token",
            ]
            run = subprocess.run(
                [sys.executable, "-c", program],
                input=json.dumps(given),
                capture_output=True,
                text=True,
                timeout=60,
            )
            assert run.returncode == 0, run.stderr
            good, tampered, unknown, garbage = map(json.loads, run.stdout.splitlines())
        assert (good["sub"], good["scope"]) == ("ada", "posts:read posts:write")
        assert (tampered, unknown) == ("InvalidSignatureError", "PyJWKClientError")
        assert garbage == "DecodeError"


@contextmanager
def listening() -> Iterator[BaseWSGIServer]:
    """A server whose address is known before its app is made."""
    server = make_server("127.0.0.1", 0, lambda *_: [], threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
