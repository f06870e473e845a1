"""One WebSocket on a pair of sockets."""

from __future__ import annotations

import socket

from realtime_raw import CLOSE, frame

from flask_dovetail.realtime.websocket import Flusher, WebSocket, text_frame


def test_nothing_follows_a_close_frame() -> None:
    """RFC 6455 section 5.5.1: browsers report what comes after it as an error."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ws = WebSocket(
            ours, silence_seconds=5, max_bytes=1000, flusher=Flusher(), drained=lambda: None
        )
        theirs.sendall(frame(CLOSE, (1000).to_bytes(2, "big")))
        assert list(ws.messages()) == []
        ws.send(text_frame("late"))
        ours.shutdown(socket.SHUT_WR)
        received = b"".join(iter(lambda: theirs.recv(1000), b""))
        assert received == frame(CLOSE, (1000).to_bytes(2, "big"), masked=False)
