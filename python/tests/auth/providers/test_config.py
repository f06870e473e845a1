"""`DOVETAIL_AUTH_PROVIDERS`: valid values, and those that stop the app at its start."""

from __future__ import annotations

import importlib.util
import json
from importlib.machinery import ModuleSpec
from typing import Any

import pytest

from flask_dovetail import ConfigurationError, MissingExtraError
from flask_dovetail.auth.providers import config
from support.provider_site import MakeSite

KEY = "DOVETAIL_AUTH_PROVIDERS"
GOOD: dict[str, Any] = {
    "issuer": "https://id.example.com/realm",
    "client_id": "me",
    "client_secret": "hush-hush",
}
PLAIN: dict[str, Any] = {
    "authorize_url": "https://git.example.com/authorize",
    "token_url": "https://git.example.com/token",
    "userinfo_url": "https://api.git.example.com/user",
    "subject_field": "id",
    "client_id": "me",
    "client_secret": "hush-hush",
}


def read(providers: Any) -> tuple[config.Provider, ...]:
    return config.read({KEY: providers})[1]


def test_open_id_connect_needs_three_members() -> None:
    (provider,) = read({"acme": GOOD})
    assert provider.issuer == "https://id.example.com/realm"
    assert provider.title == "Acme"
    assert provider.scopes == ("openid", "email", "profile")
    assert provider.endpoints is None


def test_plain_oauth_names_its_endpoints_and_has_the_userinfo_as_issuer() -> None:
    (provider,) = read({"git": PLAIN})
    assert provider.endpoints == config.Endpoints(
        PLAIN["authorize_url"], PLAIN["token_url"], PLAIN["userinfo_url"], "id"
    )
    assert provider.issuer == PLAIN["userinfo_url"]
    assert provider.scopes == ()


def test_an_environment_gives_json() -> None:
    assert read(json.dumps({"acme": GOOD})) == read({"acme": GOOD})


def test_scopes_may_be_text_and_ids_numbers() -> None:
    (provider,) = read({"acme": GOOD | {"scopes": "openid, email groups", "client_id": 1234}})
    assert provider.scopes == ("openid", "email", "groups")
    assert provider.client_id == "1234"


@pytest.mark.parametrize("host", ["localhost:9000", "127.0.0.1:9000", "[::1]:9000", "id.localhost"])
def test_http_is_for_this_machine(host: str) -> None:
    assert read({"acme": GOOD | {"issuer": f"http://{host}"}})


@pytest.mark.parametrize(
    "issuer",
    [
        "http://id.example.com",
        "http://10.0.0.1",
        "http://localhost.evil.example",
        "https://",
        "https://user:pass@id.example.com",
        "https://id.example.com/#a",
        "https://id.example.com/?a=b",
        "https://id.example.com\\@evil.example",
        "https://id.example.com/a b",
        " https://id.example.com",
        "https://id.example.com\n",
        "//id.example.com",
        "id.example.com",
        "ftp://id.example.com",
        "https://id.example.com:99999",
        "https://" + "a" * 250 + ".example",
        None,
        {},
    ],
)
def test_an_issuer_that_is_no_https_address_is_refused(issuer: Any) -> None:
    with pytest.raises(ConfigurationError) as refused:
        read({"acme": GOOD | {"issuer": issuer}})
    assert refused.value.key == f"{KEY}['acme'].issuer"


@pytest.mark.parametrize("member", ["authorize_url", "token_url", "userinfo_url"])
def test_endpoints_are_https_too(member: str) -> None:
    with pytest.raises(ConfigurationError, match=member):
        read({"git": PLAIN | {member: "http://git.example.com"}})


@pytest.mark.parametrize("name", ["", "Acme", "9a", "-a", "a_b", "a/b", "..", "a" * 33, "a\n", 7])
def test_a_name_is_part_of_an_address(name: Any) -> None:
    with pytest.raises(ConfigurationError, match="named") as refused:
        read({name: GOOD})
    assert refused.value.key == KEY


@pytest.mark.parametrize("member", ["client_id", "client_secret", "issuer"])
def test_a_member_that_is_missing_is_named(member: str) -> None:
    given = {name: value for name, value in GOOD.items() if name != member}
    with pytest.raises(ConfigurationError, match="acme"):
        read({"acme": given})


@pytest.mark.parametrize("member", ["client_secrt", "authorize_url", "jwks_uri", "subject_field"])
def test_an_unknown_member_is_named(member: str) -> None:
    with pytest.raises(ConfigurationError, match="is not known") as refused:
        read({"acme": GOOD | {member: "x"}})
    assert refused.value.key == f"{KEY}['acme'].{member}"


@pytest.mark.parametrize("scopes", [["email"], [], "email", [7], 7, ["a b"], ['"'], {"openid": 1}])
def test_scopes_without_openid_or_of_another_form_are_refused(scopes: Any) -> None:
    with pytest.raises(ConfigurationError, match="scopes"):
        read({"acme": GOOD | {"scopes": scopes}})


@pytest.mark.parametrize("providers", ["not json", "[]", 7, [GOOD], {"acme": "x"}, {"acme": None}])
def test_provider_that_is_no_mapping_is_refused(providers: Any) -> None:
    with pytest.raises(ConfigurationError, match="mapping"):
        read(providers)


def test_no_error_repeats_a_secret() -> None:
    for broken in ({"client_secret": "hush-hush\n"}, {"scopes": 1}, {"more": "hush-hush"}):
        with pytest.raises(ConfigurationError) as refused:
            read({"acme": GOOD | broken})
        assert "hush" not in str(refused.value)
    with pytest.raises(ConfigurationError) as refused:
        read('{"acme": {"client_secret": "hush-hush"')
    assert "hush" not in str(refused.value)
    assert "hush" not in repr(read({"acme": GOOD}))


@pytest.mark.parametrize("path", ["sign-in", "//evil", "/a?b", "/a#b", "/\\evil", "https://x", ""])
def test_the_sign_in_path_is_a_path(path: str) -> None:
    with pytest.raises(ConfigurationError, match="SIGN_IN_PATH"):
        config.read({"DOVETAIL_AUTH_SIGN_IN_PATH": path})


def test_providers_need_somebody_who_knows_outside_identities(make_site: MakeSite) -> None:
    with pytest.raises(ConfigurationError, match="identify_external"):
        make_site(newcomers=False)
    assert make_site(newcomers=False, DOVETAIL_AUTH_PROVIDERS={})


def test_another_site_than_the_frontends_is_refused(make_site: MakeSite) -> None:
    with pytest.raises(ConfigurationError, match="another site") as refused:
        make_site(
            DOVETAIL_API_ORIGIN="https://api.example.com",
            DOVETAIL_FRONTEND_ORIGINS=["https://app.example.org"],
        )
    assert refused.value.key == KEY


@pytest.mark.parametrize("package", ["authlib", "requests"])
def test_the_extra_that_is_missing_is_named(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    really = importlib.util.find_spec

    def find_spec(name: str, *rest: Any) -> ModuleSpec | None:
        return None if name == package else really(name, *rest)

    monkeypatch.setattr(config, "find_spec", find_spec)
    with pytest.raises(MissingExtraError, match=r"flask-dovetail\[oidc\]"):
        read({"acme": GOOD})
    assert read({}) == ()
