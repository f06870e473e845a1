"""The SQL tables of the login authority, which `flask_dovetail/migrations` makes."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata: MetaData = MetaData()

logins: Table = Table(
    "dovetail_logins",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("token_hash", String(64), nullable=False, unique=True, index=True),
    Column("subject", String(255), nullable=False, index=True),
    Column("created_at", BigInteger, nullable=False),
    Column("last_seen_at", BigInteger, nullable=False, index=True),
    Column("expires_at", BigInteger, nullable=False, index=True),
    Column("user_agent", String(256), nullable=False),
    Column("address", String(64), nullable=False),
    Column("strategy", String(8), nullable=False, server_default="session"),
    Column("refresh_hash", String(64)),
    Column("rotations", Text, nullable=False, server_default=""),
    Column("bound_key", String(43)),
)

cutoffs: Table = Table(
    "dovetail_login_cutoffs",
    metadata,
    Column("subject", String(255), primary_key=True),
    Column("not_before", BigInteger, nullable=False),
)

signing_keys: Table = Table(
    "dovetail_signing_keys",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("kid", String(64), nullable=False, unique=True),
    Column("algorithm", String(8), nullable=False),
    Column("sealed", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("signs_from", BigInteger, nullable=False),
)

connections: Table = Table(
    "dovetail_connections",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("issuer", String(255), nullable=False),
    Column("external_subject", String(255), nullable=False),
    Column("provider", String(64), nullable=False),
    Column("subject", String(255), nullable=False, index=True),
    Column("connected_at", BigInteger, nullable=False),
    UniqueConstraint("issuer", "external_subject"),
)
