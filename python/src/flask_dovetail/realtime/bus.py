"""The messages between the processes of one app: unstored events, and hints at stored ones.

Correctness never depends on them. Lost hints are found in the database (`supervision`), and
unstored events may be lost.
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

log: logging.Logger = logging.getLogger("flask_dovetail.realtime")

PAUSE_SECONDS = 1.0
"""Pause after a failure, so that requests do not wait for a server that is out of reach."""

_WAIT_SECONDS = 1.0
_MISSED = "missed"
"""The kind of a message that says: earlier messages of this process were lost."""

Message = dict[str, Any]


class Process:
    """The name of this process; a preloaded app is made before its workers are forked."""

    def __init__(self) -> None:
        self._app = uuid4().hex

    def __str__(self) -> str:
        return f"{self._app}.{os.getpid()}"


class Bus:
    """A channel of Valkey's; channels are shared by all databases, so the name keeps apps apart.

    Args:
        client: returns the client; called at the first use.
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
        """Send a message to the other processes.

        Never raises, and waits for an outage only once.
        """
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
        dispatch: Callable[[Message], None],
        on_reconnect: Callable[[], None],
        is_stopping: Callable[[], bool],
    ) -> None:
        """Receive the messages of other processes until this process stops.

        Args:
            on_reconnect: called when messages may be missing: at first, and after an outage of
                this process or of a sender.
        """
        while not is_stopping():
            try:
                client: Any = self._client()
                with client.pubsub(ignore_subscribe_messages=True) as subscription:
                    subscription.subscribe(self._channel)
                    self._pause_until = 0.0
                    self._outages.over("valkey")
                    on_reconnect()
                    while not is_stopping():
                        # Reading makes the driver notice a server that has gone.
                        message: Any = subscription.get_message(timeout=_WAIT_SECONDS)
                        if message is not None:
                            self._handle(message["data"], dispatch, on_reconnect)
            except Exception as error:  # out of reach, restarted or hanging: try until it is back
                self._outages.failed("valkey", error, during="hearing other processes")
                threading.Event().wait(PAUSE_SECONDS / 2)

    def _send(self, message: Message) -> None:
        text = json.dumps({**message, "from": str(self._me)}, separators=(",", ":"))
        self._client().publish(self._channel, text)

    def _handle(
        self,
        text: bytes,
        dispatch: Callable[[Message], None],
        on_reconnect: Callable[[], None],
    ) -> None:
        try:
            message = json.loads(text)
            if message.get("from") == str(self._me):
                return
            if message["kind"] == _MISSED:
                on_reconnect()
            else:
                dispatch(message)
        except Exception:  # of another version, or a bug here: the next one may be good
            log.exception("an event of another process could not be handled")
