"""The Valkey (or Redis) client, made at the first use; none without `DOVETAIL_VALKEY_URL`."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from .. import settings
from ..errors import ConfigurationError, MissingExtraError
from ..settings import setting

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask
    from valkey import Valkey

_SCHEMES = ("valkey", "valkeys", "redis", "rediss", "unix")
CONNECT_TIMEOUT_SECONDS = 1.0
ANSWER_TIMEOUT_SECONDS = 2.0


@dataclass(frozen=True)
class ValkeySettings:
    """Where what is short-lived and shared is kept."""

    url: str | None = setting(
        "DOVETAIL_VALKEY_URL",
        default=None,
        doc="`valkey://host:6379/0`; also `valkeys`, `redis`, `rediss` and `unix`. "
        "Shared by all workers: login rate limits, and logins where they are kept in Valkey.",
    )


def init_app(app: Flask) -> Callable[[], Valkey] | None:
    """What gives this app's client, or None. Opens nothing.

    Raises:
        ConfigurationError: the URL has another scheme.
        MissingExtraError: the package `valkey` is not installed.
    """
    url = settings.read(ValkeySettings, app.config).url
    if url is None:
        return None
    if urlsplit(url).scheme not in _SCHEMES:
        raise ConfigurationError(
            "DOVETAIL_VALKEY_URL has a scheme that the client does not know.",
            key="DOVETAIL_VALKEY_URL",
            cure=f"Start it with one of {', '.join(_SCHEMES)}, as in valkey://127.0.0.1:6379/0.",
        )
    if find_spec("valkey") is None:
        raise MissingExtraError("DOVETAIL_VALKEY_URL", extra="valkey")
    return _Lazy(url)


def checks(client: Callable[[], Valkey] | None) -> dict[str, Callable[[], None]]:
    """The readiness check, where Valkey is in use."""
    if client is None:
        return {}

    def valkey() -> None:
        client().ping()

    return {"valkey": valkey}


class _Lazy:
    """One client per app. Its pool is safe for threads, and begins anew after a fork."""

    def __init__(self, url: str) -> None:
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
        from valkey import Valkey
        from valkey.backoff import NoBackoff
        from valkey.exceptions import ConnectionError as Disconnected
        from valkey.retry import Retry

        return Valkey.from_url(
            self._url,
            socket_connect_timeout=CONNECT_TIMEOUT_SECONDS,
            socket_timeout=ANSWER_TIMEOUT_SECONDS,
            # Pooled connections are stale after a restart: one retry, so that nobody notices.
            retry=Retry(NoBackoff(), 1),
            retry_on_error=[Disconnected],
        )
