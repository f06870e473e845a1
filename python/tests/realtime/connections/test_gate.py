"""The threads of sockets, started by the first connection."""

from __future__ import annotations

import threading
from collections import Counter
from typing import Any

import pytest
from flask import Flask

from flask_dovetail.realtime.connections.gate import Mount


def test_threads_start_once_each_where_one_cannot_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """The system has no thread left for the third; the next connection goes on with it."""
    started: Counter[str] = Counter()
    refusals = iter([True])

    def start(thread: threading.Thread) -> None:
        if sum(started.values()) == 2 and next(refusals, False):
            raise RuntimeError("can't start new thread")
        started[thread.name] += 1

    mount = Mount(Flask("gate"), lambda environ, start_response: [])
    nothing: Any = None
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", start)
        with pytest.raises(RuntimeError):
            mount._start_threads(nothing, nothing, {})
        mount._start_threads(nothing, nothing, {})
        mount._start_threads(nothing, nothing, {})
    assert set(started.values()) == {1}
    assert {"dovetail-push", "dovetail-presence", "dovetail-bus"} < set(started)
