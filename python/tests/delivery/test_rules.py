"""What the browser gets for an address, as tables."""

from __future__ import annotations

import random
import string
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flask_dovetail.delivery import rules
from flask_dovetail.delivery.rules import IMMUTABLE, REVALIDATE

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"


@pytest.mark.parametrize(
    ("path", "hashed"),
    [
        ("assets/index-DiwrgTda.js", True),
        ("assets/index-a-Bc_1xY.css", True),
        ("assets/index--Ab3dEf9.css", True),
        ("assets/form-problem-FKN_zv_U.js", True),
        ("assets/new-post-page-DYLV84-F.js", True),
        ("assets/logo.4f1c09ab.svg", True),
        ("assets/main.0123456789abcdef0123.js", True),
        ("index-DiwrgTda.js", True),
        ("index.html", False),
        ("sw.js", False),
        ("assets/vendor-polyfill.js", False),
        ("assets/vendor-Polyfill.js", False),
        ("assets/report-20260131.pdf", False),
        ("assets/photo-2026-1-31.jpg", False),
        ("assets/intro-chapter1.mp4", False),
        ("assets/my-Ab-Class.js", False),
        ("assets/deadbeef.js", False),
        ("assets/index-DiwrgTd.js", False),
        ("index-DiwrgTda/plain.js", False),
    ],
)
def test_a_hash_is_told_from_a_word(path: str, hashed: bool) -> None:
    assert rules.has_hash(path) is hashed


def test_at_most_one_hash_in_a_hundred_is_taken_for_a_word() -> None:
    letters = string.ascii_letters + string.digits + "-_"
    dice = random.Random(8)
    names = ["".join(dice.choices(letters, k=8)) for _ in range(5000)]
    missed = [name for name in names if not rules.has_hash(f"assets/index-{name}.js")]
    assert len(missed) <= 50, missed


@pytest.mark.parametrize(
    ("path", "built", "kept"),
    [
        ("assets/index-DiwrgTda.js", {"assets/index-DiwrgTda.js"}, IMMUTABLE),
        ("assets/index-DiwrgTda.js", set(), REVALIDATE),
        ("assets/index.js", {"assets/index.js"}, REVALIDATE),
        ("index.html", {"index.html"}, REVALIDATE),
        ("assets/index-DiwrgTda.js", None, IMMUTABLE),
        ("index-DiwrgTda.js", None, REVALIDATE),
        ("assets/index.js", None, REVALIDATE),
    ],
)
def test_only_what_the_bundler_hashed_is_kept_without_asking(
    path: str, built: set[str] | None, kept: str
) -> None:
    assert rules.cache_control(path, built=built) == kept


@pytest.mark.parametrize(
    ("path", "served"),
    [
        ("index.html", True),
        ("assets/a.js", True),
        (".well-known/security.txt", True),
        ("assets/a.js.map", False),
        ("assets/a.js.MAP", False),
        ("assets/a.js.br", False),
        ("assets/a.js.gz", False),
        (".vite/manifest.json", False),
        (".env", False),
        (".well-known/.secret", False),
        ("a/.git/config", False),
    ],
)
def test_what_is_not_for_browsers_is_not_served(path: str, served: bool) -> None:
    assert rules.is_served(path) is served


@pytest.mark.parametrize(
    ("path", "below"),
    [
        ("/api", True),
        ("/api/", True),
        ("/api/posts/7", True),
        ("//api//posts", True),
        ("/openapi.json", True),
        ("/apiary", False),
        ("/api-docs", False),
        ("/openapi.json.html", False),
        ("/", False),
        ("/posts/api", False),
    ],
)
def test_prefixes_end_at_a_segment(path: str, below: bool) -> None:
    assert rules.is_below(path, ("/api", "/openapi.json")) is below


@pytest.mark.parametrize(
    ("path", "accept", "destination", "page"),
    [
        ("/", BROWSER, "document", True),
        ("/posts/7", BROWSER, "document", True),
        ("/posts/7/", BROWSER, "", True),
        ("/글/안녕", BROWSER, "document", True),
        ("/posts/7", "", "", True),
        ("/posts/7", "*/*", "", True),
        ("/posts/7", "*/*", "empty", True),
        ("/posts/7", "text/*", "empty", True),
        ("/posts/7", BROWSER, "iframe", True),
        ("/users/jane.doe", BROWSER, "document", True),
        ("/v1.2", BROWSER, "", True),
        ("/posts/7", "application/json", "empty", False),
        ("/posts/7", "text/html;q=0, */*", "", False),
        ("/posts/7", "application/json, */*;q=0", "", False),
        ("/users/jane.doe", "*/*", "", False),
        ("/models/chair.gltf", "*/*", "empty", False),
        ("/app.js", BROWSER, "document", False),
        ("/app.JS", BROWSER, "document", False),
        ("/photo.webp", BROWSER, "document", False),
        ("/app.js.map", BROWSER, "document", False),
        ("/.env", BROWSER, "document", False),
        ("/.git/config", BROWSER, "document", False),
        ("/posts/7", BROWSER, "script", False),
        ("/posts/7", BROWSER, "style", False),
        ("/posts/7", BROWSER, "image", False),
        ("/posts/7", BROWSER, "font", False),
        ("/posts/7", BROWSER, "worker", False),
        ("/posts/7", BROWSER, "serviceworker", False),
        ("/posts/7", BROWSER, "manifest", False),
    ],
)
def test_the_page_answers_navigations_and_nothing_else(
    path: str, accept: str, destination: str, page: bool
) -> None:
    assert rules.is_page(path, accept=accept, destination=destination) is page


@pytest.mark.parametrize(
    ("header", "taken"),
    [
        ("", ()),
        ("gzip, deflate, br, zstd", ("br", "gzip")),
        ("gzip", ("gzip",)),
        ("br;q=0.5, gzip;q=0.8", ("gzip", "br")),
        ("br;q=0, gzip", ("gzip",)),
        ("*", ("br", "gzip")),
        ("*;q=0.5, br;q=0", ("gzip",)),
        ("*;q=0", ()),
        ("identity, br;q=0.5", ()),
        ("identity;q=0.5, br", ("br",)),
        ("BR", ("br",)),
        ("gzip;q=nonsense", ()),
        (",;,;q=1", ()),
    ],
)
def test_content_codings_follow_the_weights_of_the_client(
    header: str, taken: tuple[str, ...]
) -> None:
    assert rules.encodings(header) == taken


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("a.js", "text/javascript; charset=utf-8"),
        ("a.mjs", "text/javascript; charset=utf-8"),
        ("a.css", "text/css; charset=utf-8"),
        ("a.html", "text/html; charset=utf-8"),
        ("a.svg", "image/svg+xml"),
        ("a.woff2", "font/woff2"),
        ("a.webmanifest", "application/manifest+json"),
        ("a.avif", "image/avif"),
        ("a.webp", "image/webp"),
        ("a.json", "application/json"),
        ("a.wasm", "application/wasm"),
        ("a.ico", "image/x-icon"),
        ("a.PNG", "image/png"),
        ("a.unknown", "application/octet-stream"),
        ("LICENSE", "application/octet-stream"),
    ],
)
def test_media_types_do_not_depend_on_the_machine(path: str, expected: str) -> None:
    assert rules.media_type(path) == expected


@given(st.text(), st.text(), st.text())
def test_no_address_and_no_header_fails(path: str, accept: str, encoding: str) -> None:
    rules.is_page(path, accept=accept, destination="")
    rules.is_below(path, ("/api",))
    rules.encodings(encoding)
    rules.has_hash(path)


def test_ever_new_headers_of_strangers_fill_no_memory() -> None:
    """What is made of an Accept header is cached: of a long one, only the beginning counts."""
    tracemalloc.start()
    try:
        for number in range(200):
            header = "gzip," + ",".join(f"{number:x}-{item:x}" for item in range(2000))
            assert rules.encodings(header) == ("gzip",)
            assert not rules.is_page("/x", accept=header, destination="document")
        assert tracemalloc.get_traced_memory()[0] < 20_000_000
    finally:
        tracemalloc.stop()


def test_what_is_cut_in_the_middle_does_not_count() -> None:
    assert rules.encodings("x" * 1020 + ",br;q=0") == ()
    assert rules.encodings("br," + "x" * 2000) == ("br",)
