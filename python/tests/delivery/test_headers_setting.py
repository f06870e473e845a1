"""`Strict-Transport-Security` has a switch, for hosts whose subdomains are not ready for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .conftest import MakeApp


@pytest.mark.parametrize(
    ("keys", "header"),
    [
        ({}, "max-age=63072000; includeSubDomains"),
        ({"DELIVERY_HSTS_SUBDOMAINS": False}, "max-age=63072000"),
        ({"DELIVERY_HSTS_SECONDS": 300}, "max-age=300; includeSubDomains"),
        ({"DELIVERY_HSTS_SECONDS": 0}, None),
    ],
)
def test_hsts_is_as_configured(
    make_app: MakeApp, keys: dict[str, object], header: str | None
) -> None:
    app = make_app(API_ORIGIN="https://api.example.com", **keys)
    answer = app.test_client().get("/hello")
    assert answer.headers.get("Strict-Transport-Security") == header


def test_headers_for_own_views_only_spare_the_apps(make_app: MakeApp) -> None:
    client = make_app(DELIVERY_HEADERS="own").test_client()
    for path in ("/hello", "/api/posts"):
        assert "Content-Security-Policy" not in client.get(path).headers
    for path in ("/config.js", "/openapi.json", "/api/unknown", "/"):
        assert "Content-Security-Policy" in client.get(path).headers
