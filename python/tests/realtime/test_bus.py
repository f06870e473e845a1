"""What a process could not say while Valkey was away is looked for when it can speak again."""

from __future__ import annotations

import threading
import time
from typing import Any

import valkey
from flask import Flask

from flask_dovetail.core.outages import Outages, OutageSettings
from flask_dovetail.realtime.bus import PAUSE_SECONDS, Bus
from flask_dovetail.storage.outage_errors import store_of
from support.waiting import until


def test_message_about_missed_ones_is_sent_first(valkey_server: Any, valkey_url: str) -> None:
    """A listener may have read the database before the last missed notification was committed."""
    with valkey.Valkey.from_url(valkey_url) as client:
        told = Outages(Flask("bus"), OutageSettings(), store_of)
        speaker, listener = (Bus(lambda: client, "a channel", told) for _ in range(2))
        heard: list[str] = []
        stopped = threading.Event()
        threading.Thread(
            target=listener.listen,
            args=(
                lambda message: heard.append(message["kind"]),
                lambda: heard.append("back"),
                stopped.is_set,
            ),
            daemon=True,
        ).start()
        until(lambda: heard == ["back"])
        speaker.publish({"kind": "one"})
        until(lambda: heard == ["back", "one"])
        valkey_server.stop()
        speaker.publish({"kind": "lost"})
        speaker.publish({"kind": "lost, too: for a moment it does not even try"})
        valkey_server.start()
        until(lambda: heard == ["back", "one", "back"])
        time.sleep(PAUSE_SECONDS)
        speaker.publish({"kind": "two"})
        speaker.publish({"kind": "three"})
        until(lambda: heard == ["back", "one", "back", "back", "two", "three"])
        stopped.set()
