"""The SQL tables of the login authority. `flask_dovetail/migrations` makes them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, MetaData, String, Table

metadata = MetaData()

logins = Table(
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
)
