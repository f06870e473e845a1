"""What the processes of one app tell each other: events that are not stored, and who has news.

Nothing depends on it for being right. What is lost is found in the database (`watch`), or was not
meant to be kept.
"""

from __future__ import annotations

import json
import logging
import os
import threading
import time
from typing import TYPE_CHECKING, Any
from uuid import uuid4

if TYPE_CHECKING:
    from collections.abc import Callable

    from valkey import Valkey

    from ..core.outages import Outages

log = logging.getLogger("flask_dovetail.realtime")

PAUSE_SECONDS = 1.0
"""After a failure: so long nothing is tried, so that requests do not wait for what is away."""

_WAIT_SECONDS = 1.0
_MISSED = "missed"
"""The kind of a message that says: I had others, and could not tell them."""

Message = dict[str, Any]


class Process:
    """Names this process: an app that is preloaded is made before its workers are forked."""

    def __init__(self) -> None:
        self._app = uuid4().hex

    def __str__(self) -> str:
        return f"{self._app}.{os.getpid()}"


class Bus:
    """A channel of Valkey's. Its channels are one for all databases, so the name tells apps apart.

    Args:
        client: gives the client; asked at the first use.
        channel: the same for all processes of the app.
        outages: of the app.
    """

    def __init__(self, client: Callable[[], Valkey], channel: str, outages: Outages) -> None:
        self._client = client
        self._outages = outages
        self._channel = channel
        self._me = Process()
        self._pause_until = 0.0
        self._has_missed = False

    def publish(self, message: Message) -> None:
        """Tell the others. Never raises, and waits for nobody twice."""
        if time.monotonic() < self._pause_until:
            self._has_missed = True
            return
        try:
            if self._has_missed:
                self._send({"kind": _MISSED})
                self._has_missed = False
            self._send(message)
        except Exception as error:  # whatever the driver raises: the caller's work is done
            self._pause_until = time.monotonic() + PAUSE_SECONDS
            self._has_missed = True
            self._outages.failed("valkey", error, during="telling other processes")

    def listen(
        self,
        hear: Callable[[Message], None],
        back: Callable[[], None],
        is_stopping: Callable[[], bool],
    ) -> None:
        """Hear the others, until this process stops.

        Args:
            back: called when some may have been missed: at first, and after an outage, ours or
                that of a process that had something to say.
        """
        while not is_stopping():
            try:
                made: Any = self._client()
                with made.pubsub(ignore_subscribe_messages=True) as subscribed:
                    subscribed.subscribe(self._channel)
                    self._pause_until = 0.0
                    self._outages.over("valkey")
                    back()
                    while not is_stopping():
                        # Asking for what is there makes the driver notice a server that has gone.
                        found: Any = subscribed.get_message(timeout=_WAIT_SECONDS)
                        if found is not None:
                            self._heard(found["data"], hear, back)
            except Exception as error:  # away, restarted, or it hung: until it is back
                self._outages.failed("valkey", error, during="hearing other processes")
                threading.Event().wait(PAUSE_SECONDS / 2)

    def _send(self, message: Message) -> None:
        text = json.dumps({**message, "from": str(self._me)}, separators=(",", ":"))
        self._client().publish(self._channel, text)

    def _heard(
        self, text: bytes, hear: Callable[[Message], None], back: Callable[[], None]
    ) -> None:
        try:
            message = json.loads(text)
            if message.get("from") == str(self._me):
                return
            if message["kind"] == _MISSED:
                back()
            else:
                hear(message)
        except Exception:  # of another version, or a fault of ours: the next one may be good
            log.exception("an event of another process could not be handled")
