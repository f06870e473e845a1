"""One WebSocket on a pair of sockets."""

from __future__ import annotations

import selectors
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from flask_dovetail.realtime.sockets import websocket
from flask_dovetail.realtime.sockets.websocket import (
    MAX_WAITING,
    MAX_WAITING_BYTES,
    Flusher,
    WebSocket,
    text_frame,
)
from support.realtime_raw import CLOSE, TEXT, frame


@contextmanager
def connected() -> Iterator[tuple[WebSocket, Flusher, socket.socket, socket.socket]]:
    """A WebSocket with its flusher, its own end of a pair of sockets and the client's end."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        flusher = Flusher()
        ws = WebSocket(
            ours, silence_seconds=5, max_bytes=1000, flusher=flusher, on_drained=lambda: None
        )
        ours.setblocking(False)
        try:
            yield ws, flusher, ours, theirs
        finally:
            ws.cut()  # its backlog must not be written to whatever has the descriptor next


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
    with connected() as (ws, _, ours, _theirs):
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
    with connected() as (ws, _flusher, _ours, theirs):
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


def test_flusher_starts_again_after_the_system_had_no_thread(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Else every sender would wait for a thread that nobody starts any more."""
    with connected() as (ws, flusher, _ours, theirs):
        whole = text_frame("x" * 500_000)
        with monkeypatch.context() as patch:

            def refuse(_thread: threading.Thread) -> None:
                raise RuntimeError("can't start new thread")

            patch.setattr(threading.Thread, "start", refuse)
            with pytest.raises(RuntimeError):
                ws.send(whole)
        flusher.add(ws)
        received = 0
        while received < len(whole):
            received += len(theirs.recv(1_000_000))


def test_bell_that_rings_already_is_not_waited_for() -> None:
    """A thread that has not looked for a while must not stop the senders."""
    with connected() as (ws, flusher, _ours, _theirs):
        for _ in range(5000):
            flusher.add(ws)


def test_connection_that_is_over_takes_no_descriptor_from_its_next_owner() -> None:
    """The flusher may hear of its backlog when the server has given the number to another one."""
    ours, theirs = socket.socketpair()
    with ours, theirs, selectors.DefaultSelector() as selector:
        theirs.shutdown(socket.SHUT_WR)
        before, after = (
            WebSocket(
                ours, silence_seconds=5, max_bytes=1000, flusher=Flusher(), on_drained=lambda: None
            )
            for _ in range(2)
        )
        websocket._register(selector, after)
        before.release()
        websocket._register(selector, before)
        assert selector.get_key(ours.fileno()).fileobj is after
