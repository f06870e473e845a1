"""One WebSocket on a pair of sockets."""

from __future__ import annotations

import socket
import time

import pytest
from realtime_raw import CLOSE, TEXT, frame

from flask_dovetail.realtime.sockets.websocket import (
    MAX_WAITING,
    MAX_WAITING_BYTES,
    Flusher,
    WebSocket,
    text_frame,
)


def test_nothing_follows_a_close_frame() -> None:
    """RFC 6455 section 5.5.1: browsers report what comes after it as an error."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ws = WebSocket(
            ours, silence_seconds=5, max_bytes=1000, flusher=Flusher(), on_drained=lambda: None
        )
        theirs.sendall(frame(CLOSE, (1000).to_bytes(2, "big")))
        assert list(ws.messages()) == []
        ws.send(text_frame("late"))
        ours.shutdown(socket.SHUT_WR)
        received = b"".join(iter(lambda: theirs.recv(1000), b""))
        assert received == frame(CLOSE, (1000).to_bytes(2, "big"), masked=False)


def test_backlog_is_bounded_in_bytes() -> None:
    """A client that reads nothing holds back a megabyte, however few frames that are."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        flusher = Flusher()
        ws = WebSocket(
            ours, silence_seconds=5, max_bytes=1000, flusher=flusher, on_drained=lambda: None
        )
        ours.setblocking(False)
        large = text_frame("x" * 100_000)
        sent = 0
        while not ws.overflowed and sent < 100:
            ws.send(large)
            sent += 1
        assert ws.overflowed
        kept_by_kernel = ours.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF)
        assert sent * len(large) <= MAX_WAITING_BYTES + kept_by_kernel + 2 * len(large)
        assert ws.waiting > MAX_WAITING // 2


def test_single_frame_may_exceed_the_backlog_limit() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ws = WebSocket(
            ours, silence_seconds=5, max_bytes=1000, flusher=Flusher(), on_drained=lambda: None
        )
        ours.setblocking(False)
        whole = text_frame("x" * (2 * MAX_WAITING_BYTES))
        ws.send(whole)
        assert not ws.overflowed
        received = 0
        while received < len(whole):
            received += len(theirs.recv(1_000_000))
        while ws.waiting:
            time.sleep(0.01)
        ws.send(text_frame("after"))
        assert theirs.recv(100) == text_frame("after")


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
            ours, silence_seconds=5, max_bytes=100_000, flusher=Flusher(), on_drained=lambda: None
        )
        theirs.sendall(
            frame(TEXT, b"x" * piece, final=False)
            + frame(0, b"x" * piece, final=False) * (pieces - 2)
            + frame(0, b"the end")
        )
        theirs.shutdown(socket.SHUT_WR)
        expected = "x" * piece * (pieces - 1) + "the end"
        assert list(ws.messages()) == ([expected] if arrives else [])
