"""People who join and leave all the time keep no process busy with lists."""

from __future__ import annotations

import time
from typing import Any

from flask_dovetail.realtime.connections.presence import Place, Presence


class SlowSockets:
    """Takes 30 ms for each list, as a room of two thousand does."""

    sent = 0

    def emit(self, *_: Any, **__: Any) -> None:
        self.sent += 1
        time.sleep(0.03)


def test_sending_lists_leaves_three_quarters_of_the_time_to_others() -> None:
    outages: Any = None
    presence = Presence(None, "test", outages)
    for number in range(10):
        presence.enter(Place("/live", f"room:{number}"), "ada", "sid", {"name": "ada"})
    sockets: Any = SlowSockets()
    began = time.monotonic()
    presence._round(sockets, lambda _message: None)
    assert sockets.sent == 10
    assert time.monotonic() - began >= 4 * 10 * 0.03
