"""The settings of sockets: `DOVETAIL_REALTIME_*`."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import ConfigurationError
from ..settings import setting

DAY = 86_400
KIB = 1024


@dataclass(frozen=True)
class RealtimeSettings:
    """Which process takes sockets, how many, and for how long notifications are kept."""

    serve: bool = setting(
        "DOVETAIL_REALTIME_SERVE",
        default=True,
        doc="Whether this process takes sockets. False: it only sends, by `DOVETAIL_VALKEY_URL`, "
        "to the processes that do.",
    )
    connections_max: int | None = setting(
        "DOVETAIL_REALTIME_CONNECTIONS_MAX",
        default=None,
        shown="200; under gevent 10000",
        doc="Sockets that one process takes. With threads each holds one of the server's: leave "
        "HTTP its share.",
        unit="sockets",
        beyond="429 `TOO_MANY_CONNECTIONS`",
    )
    strangers_max: int | None = setting(
        "DOVETAIL_REALTIME_STRANGERS_MAX",
        default=None,
        shown="a quarter of the sockets that the process takes",
        doc="Sockets of one process that have not said yet whose they are.",
        unit="sockets",
        beyond="429 `TOO_MANY_CONNECTIONS`",
    )
    strangers_per_address: int | None = setting(
        "DOVETAIL_REALTIME_STRANGERS_PER_ADDRESS",
        default=None,
        shown="a quarter of the key above",
        doc="How many of those may come from one client address (IPv6: one /64).",
        unit="sockets",
        beyond="429 `TOO_MANY_CONNECTIONS`",
    )
    stranger_seconds: float = setting(
        "DOVETAIL_REALTIME_STRANGER_SECONDS",
        default=10.0,
        doc="How long a socket may stay open that has joined no namespace.",
        unit="seconds",
        beyond="the socket is closed",
    )
    connections_per_person: int = setting(
        "DOVETAIL_REALTIME_CONNECTIONS_PER_PERSON",
        default=20,
        doc="Sockets that one person may have in one process, for each namespace.",
        unit="sockets",
        beyond="429 `TOO_MANY_CONNECTIONS`, as a refusal of the namespace",
    )
    events_per_second: int = setting(
        "DOVETAIL_REALTIME_EVENTS_PER_SECOND",
        default=20,
        doc="Packets that one connection may send, in the long run; twice as many at once.",
        unit="packets / second",
        beyond="429 `TOO_MANY_REQUESTS` as the acknowledgement; after 100 in a row, the end",
    )
    message_bytes: int = setting(
        "DOVETAIL_REALTIME_MESSAGE_BYTES",
        default=64 * KIB,
        doc="The largest message that a connection may send (1 KiB to 16 MiB).",
        unit="bytes",
        beyond="the socket is closed (1009)",
    )
    retention_seconds: int = setting(
        "DOVETAIL_REALTIME_RETENTION_SECONDS",
        default=30 * DAY,
        doc="For how long a notification is kept.",
    )
    retention_events: int = setting(
        "DOVETAIL_REALTIME_RETENTION_EVENTS",
        default=1000,
        doc="How many notifications of one person are kept: the newest.",
    )

    def __post_init__(self) -> None:
        for key, value, low, high in (
            ("CONNECTIONS_MAX", self.connections_max, 1, 1_000_000),
            ("STRANGERS_MAX", self.strangers_max, 1, 1_000_000),
            ("STRANGERS_PER_ADDRESS", self.strangers_per_address, 1, 1_000_000),
            ("STRANGER_SECONDS", self.stranger_seconds, 0.1, 3600),
            ("CONNECTIONS_PER_PERSON", self.connections_per_person, 1, 1_000_000),
            ("EVENTS_PER_SECOND", self.events_per_second, 1, 100_000),
            ("MESSAGE_BYTES", self.message_bytes, KIB, 16 * KIB * KIB),
            ("RETENTION_SECONDS", self.retention_seconds, 60, 3650 * DAY),
            ("RETENTION_EVENTS", self.retention_events, 10, 1_000_000),
        ):
            if value is not None and not low <= value <= high:
                raise ConfigurationError(
                    f"DOVETAIL_REALTIME_{key} is {value}.",
                    key=f"DOVETAIL_REALTIME_{key}",
                    cure=f"Choose {low} to {high}.",
                )
