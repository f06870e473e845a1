"""Cache the metadata of one provider: asked for seldom, and by one thread at a time.

A provider that hangs holds up one thread. The others go on with the last outcome, good or bad, and
wait only where there is no outcome yet.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..log import log

if TYPE_CHECKING:
    from collections.abc import Callable

METADATA_SECONDS = 3600
RETRY_SECONDS = 5
"""How long a process does not ask again after a failure, for any sign-in."""


class ProviderFault(Exception):  # noqa: N818 - it is the provider's, not ours
    """The provider is out of reach, or not to be relied on. The text is for the log."""


@dataclass(frozen=True)
class Metadata:
    """The endpoints of a provider, and how to use them.

    Attributes:
        jwks_uri, algorithms: None and () for plain OAuth 2.
        sends_issuer: whether it promises `iss` in its answers (RFC 9207 section 3).
    """

    authorize_url: str
    token_url: str
    userinfo_url: str | None
    jwks_uri: str | None
    algorithms: tuple[str, ...]
    auth_method: str
    sends_issuer: bool


@dataclass(frozen=True)
class _Outcome:
    """The outcome of the latest attempt.

    Attributes:
        metadata: of the latest attempt that succeeded, if any did.
        fault: why there is no metadata.
        until: when to ask again.
    """

    metadata: Metadata | None
    fault: str
    until: float


class MetadataCache:
    """The metadata of one provider, cached in one process.

    Args:
        provider: its name, for the log.
        ask: asks the provider; raises `ProviderFault`.
        clock: seconds that never go back.
        wait_seconds: the longest wait for another thread that asks for the first time.
    """

    def __init__(
        self,
        provider: str,
        ask: Callable[[], Metadata],
        *,
        clock: Callable[[], float],
        wait_seconds: float,
    ) -> None:
        self._provider = provider
        self._ask = ask
        self._clock = clock
        self._wait_seconds = wait_seconds
        self._asking = threading.Lock()
        self._last: _Outcome | None = None

    def get(self) -> Metadata:
        """Return the metadata, at most an hour old, or older while the provider is in trouble.

        Raises:
            ProviderFault: there has never been any, and asking failed now or a moment ago.
        """
        if self._is_due() and self._asking.acquire(timeout=self._patience()):
            try:
                if self._is_due():  # no other thread has asked since
                    self._last = self._outcome()
            finally:
                self._asking.release()
        last = self._last
        if last is None:
            raise ProviderFault("discovery: another thread still waits for the first answer")
        if last.metadata is None:
            raise ProviderFault(last.fault)
        return last.metadata

    def _is_due(self) -> bool:
        return self._last is None or self._clock() >= self._last.until

    def _patience(self) -> float:
        return self._wait_seconds if self._last is None else 0

    def _outcome(self) -> _Outcome:
        try:
            metadata = self._ask()
        except ProviderFault as fault:
            old = None if self._last is None else self._last.metadata
            if old is not None:
                extra = {"provider": self._provider, "reason": str(fault)}
                log.warning("provider metadata is old", extra=extra)
            return _Outcome(old, str(fault), self._clock() + RETRY_SECONDS)
        return _Outcome(metadata, "", self._clock() + METADATA_SECONDS)
