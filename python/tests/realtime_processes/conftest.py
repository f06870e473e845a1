"""Fleets of processes, in both arrangements and both strategies, on PostgreSQL and Valkey."""

from __future__ import annotations

import ipaddress
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from sqlalchemy import create_engine

from flask_dovetail.server import database

sys.path.append(str(Path(__file__).parent))

from fleet import Fleet, sailing
from realtime_site import Visitor


@pytest.fixture(scope="package")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of 127.0.0.1, signed by itself; its key is beside it."""
    folder = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "certificate.pem"
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return path


@pytest.fixture(
    scope="module",
    params=["apart-session", "apart-token", "equal-session", "equal-token"],
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
    engine = create_engine(url)
    database.upgrade(engine)
    engine.dispose()
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
