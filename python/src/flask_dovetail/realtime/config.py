"""The settings of sockets: `DOVETAIL_REALTIME_*`."""

from __future__ import annotations

from dataclasses import dataclass

from ..core.settings import setting

DAY = 86_400
KIB = 1024


@dataclass(frozen=True)
class RealtimeSettings:
    """Which process takes sockets, how many, and for how long notifications are kept."""

    serve: bool = setting(
        "DOVETAIL_REALTIME_SERVE",
        default=True,
        doc="Whether this process takes sockets. False: it only sends, by `DOVETAIL_VALKEY_URL`, "
        "to the processes that take them.",
    )
    connections_max: int | None = setting(
        "DOVETAIL_REALTIME_CONNECTIONS_MAX",
        within=(1, 1_000_000),
        default=None,
        shown="200; under gevent 10000",
        doc="Sockets that one process takes. With threads, each holds a thread of the server: "
        "leave some for requests.",
        unit="sockets",
        beyond="429 `TOO_MANY_CONNECTIONS`",
    )
    handshake_bytes: int = setting(
        "DOVETAIL_REALTIME_HANDSHAKE_BYTES",
        within=(KIB, KIB * KIB),
        default=16 * KIB,
        doc="The longest head of the request that opens a socket, cookies included: handlers see "
        "its headers for as long as the socket is open.",
        unit="bytes",
        beyond="431 `HEADER_FIELDS_TOO_LARGE`",
    )
    strangers_max: int | None = setting(
        "DOVETAIL_REALTIME_STRANGERS_MAX",
        within=(1, 1_000_000),
        default=None,
        shown="a quarter of the sockets that the process takes",
        doc="Sockets of one process that have joined no namespace yet.",
        unit="sockets",
        beyond="429 `TOO_MANY_CONNECTIONS`",
    )
    strangers_per_address: int | None = setting(
        "DOVETAIL_REALTIME_STRANGERS_PER_ADDRESS",
        within=(1, 1_000_000),
        default=None,
        shown="a quarter of the key above",
        doc="Sockets that have joined no namespace yet, of one client address (IPv6: one /64).",
        unit="sockets",
        beyond="429 `TOO_MANY_CONNECTIONS`",
    )
    stranger_seconds: float = setting(
        "DOVETAIL_REALTIME_STRANGER_SECONDS",
        within=(0.1, 3600),
        default=10.0,
        doc="How long a socket may stay open that has joined no namespace.",
        unit="seconds",
        beyond="the socket is closed",
    )
    connections_per_address: int | None = setting(
        "DOVETAIL_REALTIME_CONNECTIONS_PER_ADDRESS",
        within=(1, 1_000_000),
        default=None,
        shown="half of the sockets that the process takes",
        doc="Sockets of one client address (IPv6: one /64) in one process, for all people "
        "together. An office is one address: raise this key for a larger one. Trusted proxies are "
        "exempt.",
        unit="sockets",
        beyond="429 `TOO_MANY_CONNECTIONS`",
    )
    connections_per_person: int = setting(
        "DOVETAIL_REALTIME_CONNECTIONS_PER_PERSON",
        within=(1, 1_000_000),
        default=20,
        doc="Sockets that one person may have in one process; several namespaces may share one.",
        unit="sockets",
        beyond="429 `TOO_MANY_CONNECTIONS`, as a refusal of the namespace",
    )
    events_per_second: int = setting(
        "DOVETAIL_REALTIME_EVENTS_PER_SECOND",
        within=(1, 100_000),
        default=20,
        doc="Packets that one connection may send, in the long run; twice as many at once.",
        unit="packets / second",
        beyond="429 `TOO_MANY_REQUESTS` as the acknowledgement; after 100 in a row, the socket is "
        "closed",
    )
    events_per_second_per_person: int = setting(
        "DOVETAIL_REALTIME_EVENTS_PER_SECOND_PER_PERSON",
        within=(1, 1_000_000),
        default=100,
        doc="Events that one person may send over all their connections to one process, in the "
        "long run; twice as many at once. Joining a namespace counts as one, and what a handler "
        "sends on counts as one more for every 100 connections that get it.",
        unit="events / second",
        beyond="429 `TOO_MANY_REQUESTS` as the acknowledgement, or as a refusal of the namespace",
    )
    message_bytes: int = setting(
        "DOVETAIL_REALTIME_MESSAGE_BYTES",
        within=(KIB, 16 * KIB * KIB),
        default=64 * KIB,
        doc="The largest message that a connection may send (1 KiB to 16 MiB).",
        unit="bytes",
        beyond="the socket is closed (1009)",
    )
    retention_seconds: int = setting(
        "DOVETAIL_REALTIME_RETENTION_SECONDS",
        within=(60, 3650 * DAY),
        default=30 * DAY,
        doc="How long a notification is kept.",
    )
    retention_events: int = setting(
        "DOVETAIL_REALTIME_RETENTION_EVENTS",
        within=(10, 10_000),
        default=1000,
        doc="Notifications of one person that are kept: the newest.",
    )
