"""The Valkey (or Redis) client, made at the first use; None without `DOVETAIL_VALKEY_URL`."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ..core import settings
from ..core.errors import ConfigurationError, MissingExtraError
from ..core.settings import setting

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask
    from valkey import Valkey

_SCHEMES = ("valkey", "valkeys", "redis", "rediss", "unix")


@dataclass(frozen=True)
class ValkeySettings:
    """The store of short-lived shared data, and how long a request waits for it."""

    url: str | None = setting(
        "DOVETAIL_VALKEY_URL",
        default=None,
        doc="`valkey://host:6379/0`; also `valkeys`, `redis`, `rediss` and `unix`. All workers "
        "share it: login rate limits, and logins where they are kept in Valkey.",
    )
    pool_size: int = setting(
        "DOVETAIL_VALKEY_POOL_SIZE",
        within=(2, 100_000),  # sockets listen on one
        default=64,
        doc="Connections of one process; a request waits for a free one as long as for an answer.",
        unit="connections",
        beyond="503 `SERVICE_UNAVAILABLE`",
    )
    connect_seconds: float = setting(
        "DOVETAIL_VALKEY_CONNECT_SECONDS",
        within=(0.1, 60),
        default=1.0,
        doc="How long a new connection to Valkey may take.",
        unit="seconds",
        beyond="503 `SERVICE_UNAVAILABLE`",
    )
    answer_seconds: float = setting(
        "DOVETAIL_VALKEY_ANSWER_SECONDS",
        within=(0.1, 60),
        default=2.0,
        doc="How long an answer of Valkey's may take.",
        unit="seconds",
        beyond="503 `SERVICE_UNAVAILABLE`",
    )


def init_app(app: Flask) -> Callable[[], Valkey] | None:
    """Return the function that returns this app's client, or None. Opens nothing.

    Raises:
        ConfigurationError: the URL has another scheme.
        MissingExtraError: the package `valkey` is not installed.
    """
    own_settings = settings.read(ValkeySettings, app.config)
    if own_settings.url is None:
        return None
    if urlsplit(own_settings.url).scheme not in _SCHEMES:
        raise ConfigurationError(
            "DOVETAIL_VALKEY_URL has a scheme that the client does not know.",
            key="DOVETAIL_VALKEY_URL",
            cure=f"Start it with one of {', '.join(_SCHEMES)}, as in valkey://127.0.0.1:6379/0.",
        )
    if find_spec("valkey") is None:
        raise MissingExtraError("DOVETAIL_VALKEY_URL", extra="valkey")
    return _LazyClient(own_settings, own_settings.url)


def checks(client: Callable[[], Valkey] | None) -> dict[str, Callable[[], None]]:
    """Return the readiness check, where Valkey is in use."""
    if client is None:
        return {}

    def valkey() -> None:
        client().ping()

    return {"valkey": valkey}


class _LazyClient:
    """One client per app. Its driver is imported at the first use."""

    def __init__(self, own_settings: ValkeySettings, url: str) -> None:
        self._settings = own_settings
        self._url = url
        self._lock = threading.Lock()
        self._client: Valkey | None = None

    def __call__(self) -> Valkey:
        if self._client is None:
            with self._lock:
                if self._client is None:
                    self._client = self._make()
        return self._client

    def _make(self) -> Valkey:
        from .valkey_client import make_client

        return make_client(
            self._url,
            size=self._settings.pool_size,
            connect_seconds=self._settings.connect_seconds,
            answer_seconds=self._settings.answer_seconds,
        )
