"""The SQL tables of notifications; `flask_dovetail/migrations` makes them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, MetaData, String, Table, Text

metadata: MetaData = MetaData()

heads: Table = Table(
    "dovetail_notification_heads",
    metadata,
    Column("subject", String(255), primary_key=True),
    Column("last_seq", BigInteger, nullable=False),
)

notifications: Table = Table(
    "dovetail_notifications",
    metadata,
    Column("subject", String(255), primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("event", String(64), nullable=False),
    Column("data", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False, index=True),
    Column("read_at", BigInteger),
    Index("ix_dovetail_notifications_unread", "subject", "read_at"),
)
