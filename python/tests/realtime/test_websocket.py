"""One WebSocket on a pair of sockets."""

from __future__ import annotations

import socket

import pytest
from realtime_raw import CLOSE, TEXT, frame

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


@pytest.mark.parametrize(
    ("piece", "pieces", "arrives"),
    [(1, 15, True), (1, 60, False), (0, 60, False), (64, 200, True)],
)
def test_a_flood_of_short_pieces_of_a_message_ends_the_connection(
    piece: int, pieces: int, arrives: bool
) -> None:
    """A few are taken, and any number of longer ones."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ws = WebSocket(
            ours, silence_seconds=5, max_bytes=100_000, flusher=Flusher(), drained=lambda: None
        )
        theirs.sendall(
            frame(TEXT, b"x" * piece, final=False)
            + frame(0, b"x" * piece, final=False) * (pieces - 2)
            + frame(0, b"the end")
        )
        theirs.shutdown(socket.SHUT_WR)
        expected = "x" * piece * (pieces - 1) + "the end"
        assert list(ws.messages()) == ([expected] if arrives else [])
