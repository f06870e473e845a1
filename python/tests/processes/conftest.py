"""Fleets of processes, in both arrangements and both strategies, on PostgreSQL and Valkey."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from support.certificates import certificate_of_localhost
from support.databases import migrate
from support.fleet import Fleet, sailing
from support.realtime_site import Visitor


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of 127.0.0.1, signed by itself; its key is beside it."""
    return certificate_of_localhost(tmp_path_factory.mktemp("tls"))


@pytest.fixture(
    scope="module",
    params=[
        pytest.param("apart-session", marks=pytest.mark.long),
        "apart-token",
        "equal-session",
        pytest.param("equal-token", marks=pytest.mark.long),
    ],
)
def sailing_fleet(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    certificate: Path,
    postgres: Any,
    valkey_server: Any,
) -> Iterator[Fleet]:
    arrangement, _, strategy = request.param.partition("-")
    url = postgres.create_database()
    migrate(url)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(certificate))  # where httpx looks
        with sailing(
            tmp_path_factory.mktemp("instance"),
            certificate,
            apart=arrangement == "apart",
            DOVETAIL_AUTH_STRATEGY=strategy,
            DOVETAIL_AUTH_REVOCATION="immediate",
            DOVETAIL_DATABASE_URL=url,
            DOVETAIL_VALKEY_URL=valkey_server.url,
        ) as fleet:
            yield fleet
    postgres.drop_database(url)


@pytest.fixture
def fleet(sailing_fleet: Fleet) -> Iterator[Fleet]:
    """Nobody is on it at first, nor after."""
    yield sailing_fleet
    sailing_fleet.part()


@pytest.fixture
def ada(fleet: Fleet, request: pytest.FixtureRequest) -> Visitor:
    return fleet.person(f"ada-{request.node.originalname}"[:60].replace("_", "-"))


@pytest.fixture
def bob(fleet: Fleet, request: pytest.FixtureRequest) -> Visitor:
    return fleet.person(f"bob-{request.node.originalname}"[:60].replace("_", "-"))
