"""`flask dovetail keys …`, as an administrator runs it."""

from __future__ import annotations

from typing import Any

import pytest
from click.testing import Result

from flask_dovetail.auth.keys_cli import keys
from support.auth_site import PASSWORD, AuthSite, MakeSite


@pytest.fixture
def token_site(make_site: MakeSite) -> AuthSite:
    return make_site(DOVETAIL_AUTH_STRATEGY="token")


def run(site: AuthSite, *arguments: str) -> Result:
    return site.app.test_cli_runner().invoke(keys, arguments)


def signed_in(site: AuthSite) -> tuple[Any, dict[str, str]]:
    client = site.app.test_client()
    body = {"email": "ada@example.com", "password": PASSWORD}
    token = client.post("/auth/login", json=body).json["access_token"]
    return client, {"Authorization": f"Bearer {token}"}


def refreshed(client: Any) -> dict[str, str]:
    answer = client.post("/auth/refresh", headers={"X-Requested-With": "XMLHttpRequest"})
    assert answer.status_code == 200, answer.json
    return {"Authorization": f"Bearer {answer.json['access_token']}"}


def test_rotation_logs_nobody_out(token_site: AuthSite) -> None:
    client, before = signed_in(token_site)
    rotated = run(token_site, "rotate")
    assert rotated.exit_code == 0, rotated.output
    assert rotated.stdout.endswith("signs from 2027-01-15T08:10:00+00:00\n")
    former, made = run(token_site, "list").stdout.splitlines()
    assert former.endswith("EdDSA  signs")
    assert made.endswith("EdDSA  signs from 2027-01-15T08:10:00+00:00")
    for _ in range(3):
        token_site.clock.advance(300)
        assert client.get("/api/me", headers=before).status_code == 200
        assert client.get("/api/me", headers=refreshed(client)).status_code == 200
    former, made = run(token_site, "list").stdout.splitlines()
    assert "verifies until" in former
    assert made.endswith("EdDSA  signs")


def test_in_an_emergency_access_tokens_die_and_nobody_is_logged_out(token_site: AuthSite) -> None:
    client, stolen = signed_in(token_site)
    assert client.get("/api/me", headers=stolen).status_code == 200
    former = run(token_site, "list").stdout.split()[0]
    rotated = run(token_site, "rotate", "--at-once")
    assert rotated.exit_code == 0, rotated.output
    assert rotated.stdout.endswith(f"{former}  removed\n")
    token_site.clock.advance(60)
    assert client.get("/api/me", headers=stolen).json["code"] == "INVALID_TOKEN"
    assert client.get("/api/me", headers=refreshed(client)).status_code == 200
    assert len(run(token_site, "list").stdout.splitlines()) == 1


def test_the_first_rotation_makes_a_key(token_site: AuthSite) -> None:
    assert run(token_site, "list").stdout == ""
    assert run(token_site, "rotate").exit_code == 0
    assert run(token_site, "list").stdout.endswith("EdDSA  signs\n")


def test_shared_secrets_are_listed_and_rotated_with_secret_key(make_site: MakeSite) -> None:
    site = make_site(
        DOVETAIL_AUTH_STRATEGY="token",
        DOVETAIL_AUTH_ALGORITHM="HS256",
        SECRET_KEY_FALLBACKS=["a former key that is long enough"],
    )
    former, signs = run(site, "list").stdout.splitlines()
    assert former.endswith("HS256  verifies (SECRET_KEY_FALLBACKS)")
    assert signs.endswith("HS256  signs")
    for how in ([], ["--at-once"]):
        rotated = run(site, "rotate", *how)
        assert rotated.exit_code == 1
        assert "cure: change it" in rotated.output


def test_nothing_that_is_printed_is_secret(token_site: AuthSite) -> None:
    signed_in(token_site)
    printed = "".join(run(token_site, *how).output for how in (["rotate"], ["list"]))
    (published, _) = token_site.app.test_client().get("/.well-known/jwks.json").json["keys"]
    assert published["kid"] in printed
    assert published["x"] not in printed
