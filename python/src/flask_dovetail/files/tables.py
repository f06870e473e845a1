"""The SQL tables of files and of uploads under way; `flask_dovetail/migrations` makes them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, MetaData, String, Table

metadata: MetaData = MetaData()

uploads: Table = Table(
    "dovetail_uploads",
    metadata,
    Column("key", String(43), primary_key=True),
    Column("owner", String(255), nullable=False),
    Column("purpose", String(64), nullable=False),
    Column("name", String(255), nullable=False),
    Column("content_type", String(127), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("sha256", String(64)),
    Column("part_size", Integer, nullable=False),
    Column("handle", String(1024)),
    Column("fingerprint", String(64)),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False, index=True),
    Column("ended_at", BigInteger, index=True),
    # Ended uploads outnumber the others by far: each count finds its rows without reading those.
    Index("ix_dovetail_uploads_begun", "owner", "ended_at", "created_at"),
    Index("ix_dovetail_uploads_room", "owner", "size", "purpose"),
)

files: Table = Table(
    "dovetail_files",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("key", String(43), nullable=False, unique=True),
    Column("owner", String(255), nullable=False),
    Column("purpose", String(64), nullable=False),
    Column("name", String(255), nullable=False),
    Column("content_type", String(127), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("sha256", String(64)),
    Column("created_at", BigInteger, nullable=False),
    Column("deleted_at", BigInteger, index=True),
    Index("ix_dovetail_files_listing", "owner", "purpose", "created_at", "id"),
)
