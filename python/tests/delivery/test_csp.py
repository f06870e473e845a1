"""The page's policy: strict, with hashes for what the HTML itself holds inline."""

from __future__ import annotations

import base64
import hashlib

import pytest

from flask_dovetail.core.errors import ConfigurationError
from flask_dovetail.delivery import csp


def directives(html: str = "", *, extra: tuple[str, ...] = (), **given: bool) -> dict[str, str]:
    policy = csp.page_policy(
        html, connect_src=("https://api.example.com",), extra=csp.parse_extra(extra), **given
    )
    return {name: sources for name, _, sources in (d.partition(" ") for d in policy.split("; "))}


def sha256(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def test_the_policy_allows_the_page_itself_and_the_api() -> None:
    assert directives() == {
        "default-src": "'self'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' data: blob:",
        "media-src": "'self' blob:",
        "font-src": "'self'",
        "connect-src": "'self' https://api.example.com",
        "object-src": "'none'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
        "form-action": "'self'",
        "require-trusted-types-for": "'script'",
    }


def test_files_are_sent_to_and_shown_from_where_they_are_kept_and_nothing_else_is() -> None:
    policy = csp.page_policy(
        "", connect_src=(), file_origins=("https://api.example.com", "https://s3.example.net")
    )
    found = {name: sources for name, _, sources in (d.partition(" ") for d in policy.split("; "))}
    kept = "https://api.example.com https://s3.example.net"
    assert found["connect-src"] == f"'self' {kept}"
    assert found["img-src"] == f"'self' data: blob: {kept}"
    assert found["media-src"] == f"'self' blob: {kept}"
    assert "example" not in found["script-src"] + found["default-src"] + found["form-action"]


def test_inline_scripts_and_styles_are_allowed_by_hash() -> None:
    html = "<script>a && b</script><script type=module>c()</script><style> p { } </style>"
    found = directives(html)
    assert found["script-src"] == f"'self' {sha256('a && b')} {sha256('c()')}"
    assert found["style-src"] == f"'self' {sha256(' p { } ')}"


def test_scripts_with_an_address_need_no_hash() -> None:
    assert directives('<script src="/a.js"></script>')["script-src"] == "'self'"


def test_line_endings_are_hashed_as_the_browser_reads_them() -> None:
    expected = sha256("a\nb\nc")
    assert directives("<script>a\r\nb\rc</script>")["script-src"] == f"'self' {expected}"


def test_extra_sources_are_added_to_their_directive() -> None:
    found = directives(
        extra=(
            "img-src https://images.example.com",
            "media-src https://a.example https://b.example",
        )
    )
    assert found["img-src"] == "'self' data: blob: https://images.example.com"
    assert found["media-src"] == "'self' blob: https://a.example https://b.example"


def test_trusted_types_can_be_left_out() -> None:
    assert "require-trusted-types-for" not in directives(trusted_types=False)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "img-src",
        "object-src https://a.example",
        "base-uri 'self'",
        "frame-ancestors https://a.example",
        "default-src *",
        "script-src 'unsafe-inline'",
        "script-src 'unsafe-eval'",
        "script-src *",
        "script-src https:",
        "script-src data:",
        "worker-src https:",
        "img-src https://a.example;script-src *",
    ],
)
def test_a_source_that_would_undo_the_policy_is_refused_with_key_and_cure(value: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        csp.parse_extra([value])
    assert refused.value.key == "DOVETAIL_DELIVERY_CSP_EXTRA"
    assert refused.value.cure
