"""Where a browser may be sent afterwards, and which claims count."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flask_dovetail.auth.providers import rules

APP = "https://app.example.com"
ADMIN = "https://admin.example.com:8443"
ORIGINS = (APP, ADMIN)


@pytest.mark.parametrize(
    ("wanted", "address"),
    [
        ("/", f"{APP}/"),
        ("/notes/1?tab=a&b=%2F%2Fx#part", f"{APP}/notes/1?tab=a&b=%2F%2Fx#part"),
        ("/a//b", f"{APP}/a//b"),
        ("/search?next=https://evil.example", f"{APP}/search?next=https://evil.example"),
        ("/@evil.example", f"{APP}/@evil.example"),
        ("/%2f%2fevil.example", f"{APP}/%2f%2fevil.example"),
        ("/..//evil.example", f"{APP}/..//evil.example"),
        (APP, APP),
        (f"{APP}/notes", f"{APP}/notes"),
        (f"{APP}?a=b", f"{APP}?a=b"),
        (f"{APP}#a", f"{APP}#a"),
        (f"{ADMIN}/users", f"{ADMIN}/users"),
    ],
)
def test_pages_of_the_frontends_are_allowed(wanted: str, address: str) -> None:
    found = rules.landing(wanted, ORIGINS)
    assert found is not None
    assert found[1] == address
    assert address.startswith(found[0])


REFUSED = [
    "",
    "notes",
    "./notes",
    "?a=b",
    "#a",
    "//evil.example",
    "///evil.example",
    "////evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "\\/evil.example",
    "/notes\\..\\evil",
    "%2f%2fevil.example",
    "%2Fnotes",
    "/\t/evil.example",
    "/\n/evil.example",
    "/\r\nSet-Cookie: a=b",
    "\t//evil.example",
    " //evil.example",
    " /notes",
    "/notes ",
    "/no tes",
    "/\x00",
    "/\x1f/evil.example",
    "/\x7f",
    "/\u2028",
    "/\uff0fevil.example",
    "/caf\xe9",
    "https:evil.example",
    "https:/evil.example",
    "https:///evil.example",
    "https:\\\\app.example.com",
    "https://app.example.com//evil.example",
    "https://evil.example",
    "https://evil.example/https://app.example.com",
    "https://evil.example#https://app.example.com",
    "https://app.example.com.evil.example",
    "https://app.example.comevil.example",
    "https://evil-app.example.com",
    "https://app.example.com@evil.example",
    "https://user:pass@app.example.com/",
    "https://user@app.example.com/",
    "https://app.example.com:443/",
    "https://app.example.com:444/",
    "https://app.example.com:/",
    "https://admin.example.com/",
    "https://app.example.com./",
    "https://APP.example.com/",
    "HTTPS://app.example.com/",
    "http://app.example.com/",
    "https://app.example.com\\@evil.example/",
    "https://app.example.com\t/",
    "https://app.example.com\n",
    "https://\u0430pp.example.com/",
    "https://xn--pp-6kc.example.com/",
    "https://app\u3002example.com/",
    "https://[::1]/",
    "ftp://app.example.com/",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "data:text/html,x",
    "blob:https://app.example.com/x",
    "null",
    "/" + "a" * rules.MAX_NEXT_CHARS,
]


@pytest.mark.parametrize("wanted", REFUSED)
def test_everything_else_is_refused(wanted: str) -> None:
    assert rules.landing(wanted, ORIGINS) is None


@given(st.text(alphabet=st.sampled_from("/\\@:.?#%\t\n aeilvmpxco20f-"), max_size=40))
def test_no_text_leads_to_another_origin(tail: str) -> None:
    for wanted in (tail, "/" + tail, APP + tail, "https://" + tail):
        found = rules.landing(wanted, ORIGINS)
        if found is not None:
            parts = urlsplit(found[1])
            assert f"{parts.scheme}://{parts.netloc}" == found[0]
            assert found[0] in ORIGINS
            assert not found[1].removeprefix(found[0]).startswith("//")


@pytest.mark.parametrize(
    "verified", ["true", "True", 1, 1.0, [True], {"a": True}, False, None, "yes", 0]
)
def test_only_the_boolean_true_verifies_an_email(verified: Any) -> None:
    claims = {"email": "ada@example.com", "email_verified": verified}
    assert rules.verified_email(claims) is None
    assert rules.verified_email({"email": "ada@example.com"}) is None
    assert rules.verified_email({**claims, "email_verified": True}) == "ada@example.com"


@pytest.mark.parametrize(
    "email",
    [None, 1, "", "ada", "@example.com", "ada@", "a da@x", "ada@x\n", "a\0@x", ["a@x"], "a@" * 200],
)
def test_invalid_email_is_ignored(email: Any) -> None:
    assert rules.verified_email({"email": email, "email_verified": True}) is None


@pytest.mark.parametrize("value", [None, "", True, False, 1.5, [], {}, "a" * 256, "a\nb", "a\0"])
def test_invalid_subject_is_refused(value: Any) -> None:
    assert rules.external_subject(value) is None


def test_text_and_whole_numbers_are_ids() -> None:
    assert rules.external_subject("110169484474386276334") == "110169484474386276334"
    assert rules.external_subject(583231) == "583231"
    assert rules.external_subject("a" * 255) == "a" * 255


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Ada", "Ada"),
        ("  Ada\n Lovelace\0", "Ada Lovelace"),
        ("\u202eadA", "adA"),
        ("x" * 999, "x" * 255),
        ("", None),
        ("\n", None),
        (7, None),
    ],
)
def test_a_name_is_one_line_of_text(name: Any, shown: str | None) -> None:
    assert rules.display_name({"name": name}) == shown


@pytest.mark.parametrize(
    ("announced", "allowed"),
    [
        (None, ("RS256",)),
        ("ES256", ("RS256",)),
        (["none", "HS256", "HS512"], ()),
        (["none", "HS256", "ES256", "RS256"], ("RS256", "ES256")),
        ([], ()),
    ],
)
def test_id_tokens_are_signed_by_a_key_that_only_the_provider_has(
    announced: Any, allowed: tuple[str, ...]
) -> None:
    assert rules.signing_algorithms(announced) == allowed


@pytest.mark.parametrize(("age", "fresh"), [(0, True), (600, True), (601, False), (-30, True)])
def test_a_flow_lives_ten_minutes(age: int, fresh: bool) -> None:
    assert rules.is_fresh(1000, 1000 + age) is fresh
    assert not rules.is_fresh(1000, 900)


def test_parameters_are_added_before_the_fragment() -> None:
    assert rules.with_query("https://a/b#c", problem="X") == "https://a/b?problem=X#c"
    assert rules.with_query("https://a/b?d=e#c", problem="X Y") == "https://a/b?d=e&problem=X+Y#c"


@pytest.mark.parametrize("sent", ["<script>", "", None, "a" * 65, "a b", "A"])
def test_malformed_error_code_is_not_logged(sent: Any) -> None:
    assert rules.error_code(sent) == "unknown"
    assert rules.error_code("server_error") == "server_error"


@pytest.mark.parametrize(
    ("path", "prefix", "below"),
    [
        ("/notes?a=1", "", "/notes?a=1"),
        ("", "", "/"),
        ("/app/notes?a=1#b", "/app", "/notes?a=1#b"),
        ("/app", "/app", "/"),
        ("/app?a=1", "/app", "/?a=1"),
        ("/apple", "/app", "/apple"),
        ("/other", "/app", "/other"),
        ("/app//evil.example", "/app", "/app//evil.example"),
    ],
)
def test_page_knows_its_paths_without_its_prefix(path: str, prefix: str, below: str) -> None:
    assert rules.path_below(path, prefix) == below
