"""The policy of the page, the script that agrees with it, and the same policy in development."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from support.bare_app import MakeApp

VITE = "http://localhost:5173"


def test_script_lets_workers_start_where_the_policy_demands_trusted_types(
    make_app: MakeApp,
) -> None:
    client = make_app().test_client()
    demanded = "require-trusted-types-for" in client.get("/").headers["Content-Security-Policy"]
    assert demanded
    assert "createPolicy" in client.get("/config.js").text


def test_script_is_the_configuration_alone_without_trusted_types(make_app: MakeApp) -> None:
    client = make_app(DELIVERY_TRUSTED_TYPES=False).test_client()
    assert "require-trusted-types" not in client.get("/").headers["Content-Security-Policy"]
    assert client.get("/config.js").text.count("\n") == 1


@pytest.mark.parametrize("extra", [{}, {"DELIVERY_CSP_EXTRA": ["img-src https://img.example"]}])
def test_development_server_reads_the_policy_of_production_beside_the_configuration(
    make_app: MakeApp, spa: Path, extra: dict[str, list[str]]
) -> None:
    (spa / "index.html").write_text("<title>Nothing inline</title>")
    page = make_app(**extra).test_client().get("/")
    script = (
        make_app(DELIVERY_DEV_SERVER=VITE, FRONTEND_ORIGINS=[VITE], **extra)
        .test_client()
        .get("/config.js")
    )
    for name in ("Content-Security-Policy", "Cross-Origin-Opener-Policy"):
        assert script.headers[name] == page.headers[name]
