"""The settings of the gunicorn worker: `DOVETAIL_SERVER_*`."""

from __future__ import annotations

from dataclasses import dataclass

from ..core.settings import setting


@dataclass(frozen=True)
class ServerSettings:
    """How long the worker waits for a client, and what share one address may take."""

    receive_seconds: float = setting(
        "DOVETAIL_SERVER_RECEIVE_SECONDS",
        within=(0.1, 3600),
        default=10.0,
        doc="How long a client may take to send the head of a request, and the longest silence in "
        "its body.",
        unit="seconds",
        beyond="408 `REQUEST_TIMEOUT`, and the connection closes",
    )
    head_bytes: int = setting(
        "DOVETAIL_SERVER_HEAD_BYTES",
        within=(4096, 16 * 1024 * 1024),
        default=64 * 1024,
        doc="The longest head of a request: its line and all of its header fields together. "
        "gunicorn itself bounds each field, and their number.",
        unit="bytes",
        beyond="431 `HEADER_FIELDS_TOO_LARGE`",
    )
    send_seconds: float = setting(
        "DOVETAIL_SERVER_SEND_SECONDS",
        within=(0.1, 3600),
        default=20.0,
        doc="How long a client may read nothing of an answer that waits for it.",
        unit="seconds",
        beyond="the connection is reset",
    )
    min_bytes_per_second: int = setting(
        "DOVETAIL_SERVER_MIN_BYTES_PER_SECOND",
        within=(1, 1_000_000_000),
        default=1024,
        doc="How fast a body and an answer must travel, over the seconds of the two keys above. "
        "Time in which the application works does not count.",
        unit="bytes / second",
        beyond="408 `REQUEST_TIMEOUT` for a body; the connection is reset for an answer",
    )
    busy_bytes_per_second: int = setting(
        "DOVETAIL_SERVER_BUSY_BYTES_PER_SECOND",
        within=(0, 1_000_000_000),
        default=16 * 1024,
        doc="How fast a body and an answer must travel, over 2 seconds of waiting, when another "
        "request has waited for a thread for a second. One transfer ends for each request that "
        "waits: the slowest of the address with the most threads. 0: no such limit.",
        unit="bytes / second",
        beyond="408 `REQUEST_TIMEOUT` for a body; the connection is reset for an answer",
    )
    queue_seconds: float = setting(
        "DOVETAIL_SERVER_QUEUE_SECONDS",
        within=(0.1, 3600),
        default=10.0,
        doc="How long a request may wait for a thread.",
        unit="seconds",
        beyond="503 `SERVICE_UNAVAILABLE`",
    )
    requests_per_address: int | None = setting(
        "DOVETAIL_SERVER_REQUESTS_PER_ADDRESS",
        within=(1, 1_000_000),
        default=None,
        shown="half of gunicorn's `threads`",
        doc="Requests of one client address (IPv6: one /64) that run at once in a process, however "
        "busy it is. More run as long as an eighth of the threads stays free for others. Trusted "
        "proxies are exempt, and open sockets are not counted.",
        unit="requests at once",
        beyond="the request waits for its turn, then 503 `SERVICE_UNAVAILABLE`",
    )
    connections_per_address: int | None = setting(
        "DOVETAIL_SERVER_CONNECTIONS_PER_ADDRESS",
        within=(1, 1_000_000),
        default=None,
        shown="half of gunicorn's `worker_connections`",
        doc="Connections that one client address (IPv6: one /64) may have open to a process. "
        "Trusted proxies are exempt.",
        unit="connections",
        beyond="429 `TOO_MANY_CONNECTIONS`",
    )
