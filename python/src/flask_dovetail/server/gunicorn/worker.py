"""The worker: one loop that owns all connections, and threads that serve complete requests.

A connection gets a thread when the head of a request has arrived, and a short body with it. It
loses the thread if its client is too slow, which depends on whether others wait for a thread.
Everything that waits (silent connections, slow heads, kept-alive connections, requests without a
thread, closing connections) waits in the loop, where it costs a descriptor, has a time limit, and
gives way when descriptors run out.
"""

from __future__ import annotations

import errno
import selectors
import socket
import ssl
import sys
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from time import monotonic
from traceback import format_tb
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from flask import Flask
from gunicorn.http.body import ChunkedReader, LengthReader
from gunicorn.http.errors import LimitRequestHeaders, NoMoreData
from gunicorn.workers.gthread import ThreadWorker

from ...contract import collisions
from ...contract.problems import HeaderFieldsTooLarge, ServiceUnavailable, TooManyConnections
from ...core import settings, state
from ...core.errors import DovetailError
from ...core.worker import WORKER
from ...topology import Topology, TrustedProxies
from ..config import ServerSettings
from . import descriptors, heads, refusals
from .body import ChunkedBody, DirectBody
from .client import Client
from .client_socket import Bounds, ClientSocket, ReceiveTimeout
from .dispatch import PATIENCE_SECONDS, Dispatch
from .threads import RequestThreads

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from ...contract.problem import Problem

LAST_SECONDS = 2.0
"""The time that a client has to close a connection, or to send a last request at a stop."""

MAX_CLOSING = 32
RETRY_SECONDS = 2
DRAIN_SECONDS = 5.0
_BUSY_DRAIN_SECONDS = 0.1
_LOOK_SECONDS = 0.25

_GONE = (errno.EPIPE, errno.ECONNRESET, errno.ENOTCONN)
_NO_DESCRIPTOR = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)
_BROKEN_LISTENER = (errno.EBADF, errno.EINVAL, errno.ENOTSOCK)
_UNFINISHED = "the head of a request is not there yet"


class ProblemWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """A gthread worker that refuses with problems, and waits for no client for ever."""

    alive: bool
    nr_conns: int

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cfg = self.cfg
        self._most_connections: int = cfg.worker_connections
        # Above that number, gunicorn would leave new clients in the backlog, unanswered.
        self.worker_connections: int = sys.maxsize
        h2 = "h2" in getattr(cfg, "http_protocols", ())
        self._reads_heads = not (cfg.is_ssl or h2 or getattr(cfg, "protocol", "http") != "http")
        self._settings = ServerSettings()
        self._proxies = TrustedProxies()
        self._open: Counter[str] = Counter()
        self._reading: dict[Client, None] = {}
        self._closing: dict[Client, None] = {}
        self._tally = refusals.Tally(self.log)
        self._next_look = 0.0
        self._is_ending = False

    # Starting

    def init_process(self) -> None:
        """See `ThreadWorker.init_process`."""
        limit = descriptors.raise_limit()
        self._spare = descriptors.Spare()
        wanted = self.cfg.threads
        self._threads = descriptors.threads_for(limit, wanted)
        if self._threads < wanted:
            self.log.warning(
                "%d threads instead of %d: only %d files may be open (ulimit -n).",
                self._threads,
                wanted,
                limit,
            )
            self.cfg.set("threads", self._threads)
        self._most_connections = min(
            self._most_connections, descriptors.connections_for(limit, self._threads)
        )
        self.max_keepalived: int = self._most_connections
        super().init_process()

    def get_thread_pool(self) -> RequestThreads[Client]:
        """Return the threads of this package instead of gunicorn's pool."""
        return RequestThreads(self.handle, self._on_served, self._on_unserved)

    def load_wsgi(self) -> None:
        """See `Worker.load_wsgi`."""
        super().load_wsgi()
        app: WSGIApplication = self.wsgi  # type: ignore[has-type]
        self._configure(app)

        def with_direct_body(environ: WSGIEnvironment, start_response: StartResponse) -> Any:
            environ[WORKER] = self
            # Where the loop reads no heads, gunicorn has read this one under its own limits.
            if not self._reads_heads and heads.count_bytes(environ) > self._settings.head_bytes:
                return refusals.answer_in_wsgi(HeaderFieldsTooLarge(), start_response)
            body, connection = environ["wsgi.input"], environ["gunicorn.socket"]
            reader = getattr(body, "reader", None)
            if isinstance(reader, ChunkedReader):
                environ["wsgi.input"] = ChunkedBody(body)
            elif isinstance(reader, LengthReader) and not isinstance(connection, ssl.SSLSocket):
                environ["wsgi.input"] = DirectBody(body, connection)
            return app(environ, start_response)

        self.wsgi = with_direct_body

    def _configure(self, app: Any) -> None:
        """Read the settings of a Flask app; any other app gets the defaults."""
        config = getattr(app, "config", None)
        if isinstance(config, Mapping):
            self._settings = settings.read(ServerSettings, config)
        if isinstance(app, Flask) and state.KEY in app.extensions:
            collisions.refuse(app)  # the app is complete: the server does not begin
        with suppress(AttributeError, DovetailError):  # no Flask app, or one without Dovetail
            self._proxies = state.get(Topology, app).trusted_proxies
        limits = self._settings
        self._bounds = Bounds(
            limits.receive_seconds, limits.send_seconds, limits.min_bytes_per_second
        )
        self._tick = self._bounds.tick(whole=self.cfg.is_ssl)  # OpenSSL cannot go on after one
        self._per_address = limits.connections_per_address or max(1, self._most_connections // 2)
        self._dispatch = Dispatch(self._serve, self._threads, limits, self._tally)

    # Accepting

    def accept(self, listener: Any) -> None:
        """Accept a connection, or refuse it with a problem."""
        try:
            accepted, peer = listener.accept()
        except OSError as error:
            if error.errno in _BROKEN_LISTENER:
                raise
            if error.errno in _NO_DESCRIPTOR:
                self._refuse_without_descriptor(listener)
            return  # the client has left, or its network is down
        try:
            sock = ClientSocket(accepted, self._bounds, self._tick)
            conn = Client(self.cfg, sock, peer, listener.getsockname())
        except OSError:
            accepted.close()
            return
        conn.address = self._proxies.share_of(peer[0] if isinstance(peer, tuple) else "")
        self.nr_conns += 1
        if conn.address is not None:
            self._open[conn.address] += 1
        problem = self._refusal(conn)
        if problem is None:
            self._read_request(conn)
        else:
            self._refuse(conn, problem)

    def _refusal(self, conn: Client) -> Problem | None:
        """Return why a new connection cannot stay.

        Idle ones are closed for it first.
        """
        address = conn.address
        while address is not None and self._open[address] > self._per_address:
            if not self._close_an_idle_one(address):
                self._tally.add("more connections than one address may have")
                return TooManyConnections(
                    "Your address has as many connections open as it may.",
                    retry_after=RETRY_SECONDS,
                )
        while self.nr_conns > self._most_connections:
            if not self._close_an_idle_one():
                self._tally.add("no room for more connections")
                return ServiceUnavailable(
                    "Too many connections are open.", retry_after=RETRY_SECONDS
                )
        return None

    def _refuse_without_descriptor(self, listener: Any) -> None:
        """Tell one client that there is no descriptor for it, with the spare one."""
        self._tally.add("no descriptor left")
        self._close_an_idle_one()
        self._spare.give()
        try:
            accepted, _ = listener.accept()
        except OSError:
            time.sleep(0.02)  # the listener stays readable: do not spin
        else:
            with accepted, suppress(OSError):
                accepted.setblocking(False)
                problem = ServiceUnavailable("Too many files are open.", retry_after=RETRY_SECONDS)
                accepted.send(refusals.answer_of(problem, uuid4().hex))
                accepted.shutdown(socket.SHUT_WR)
                accepted.recv(heads.MAX_BYTES)  # a close on unread bytes would reset
        self._spare.take_back()

    def _close_an_idle_one(self, address: str | None = None) -> bool:
        """Close the oldest connection without a request: of one address, or of all."""
        for conn in self._closing:
            if address is None or conn.address == address:
                self._drop(conn)
                return True
        patient_since = monotonic() + self._settings.receive_seconds - PATIENCE_SECONDS
        for conn in self._reading:
            if conn.until > patient_since:
                break  # the others are as young
            if not conn.head and (address is None or conn.address == address):
                self._drop(conn)
                return True
        for conn in self.keepalived_conns:
            if address is None or conn.address == address:
                self.keepalived_conns.remove(conn)
                self._drop(conn)
                return True
        return False

    # Reading requests

    def _read_request(self, conn: Client) -> None:
        """Read the bytes that have arrived, and give the connection a thread if they are enough."""
        self._give_time(conn)
        if self._is_ready(conn):
            self.enqueue_req(conn)
        elif not self._reads_heads or self._receive(conn):
            self._watch(conn, self._reading, self._on_reading)

    def _give_time(self, conn: Client) -> None:
        """Let the loop wait for the next bytes of a request."""
        patience = self._settings.receive_seconds
        if not self.alive and not conn.wanted:
            patience = min(patience, LAST_SECONDS)
        conn.until = monotonic() + patience
        conn.mark = len(conn.head)

    def _receive(self, conn: Client) -> bool:
        """Read once, and return False if the connection no longer waits here."""
        try:
            data = conn.sock.recv_now(16 * 1024)
        except BlockingIOError:
            return True
        except OSError:
            data = b""
        if not data and not conn.wanted:
            self._drop(conn)
            return False
        conn.head += data
        had_head = conn.wanted > 0
        if self._is_ready(conn) or not data:  # also for a body that has ended too early
            self._unwatch(conn)
            self.enqueue_req(conn)
            return False
        if conn.wanted and not had_head:
            self._give_time(conn)  # for the body
            if conn in self._reading:
                self._reading[conn] = self._reading.pop(conn)  # the oldest is first
        return True

    def _is_ready(self, conn: Client) -> bool:
        if not conn.wanted:
            conn.wanted = heads.count_wanted(conn.head, longest=self._settings.head_bytes)
        return 0 < conn.wanted <= len(conn.head)

    def _on_reading(self, conn: Client, _sock: Any) -> None:
        if conn.is_over:
            return  # closed earlier in the same turn of the loop
        if self._reads_heads:
            self._receive(conn)
        else:
            self._unwatch(conn)
            conn.data_ready = True  # otherwise gunicorn would wait for it in the thread
            self.enqueue_req(conn)

    def on_client_socket_readable(self, conn: Client, client: Any) -> None:
        """See `ThreadWorker.on_client_socket_readable`."""
        if conn.is_over:
            return
        self.poller.unregister(client)
        self.keepalived_conns.remove(conn)
        if self._dispatch.may_start(conn):
            self._dispatch.start(conn)  # a busy loop has no time to read the head
        elif self._reads_heads:
            self._read_request(conn)
        else:
            self.enqueue_req(conn)

    # Serving requests

    def enqueue_req(self, conn: Client) -> None:
        """Serve the request that has arrived, now or when its turn comes."""
        self._dispatch.add(conn)

    def _serve(self, conn: Client) -> None:
        try:
            self.tpool.start(conn, now=conn.is_probe)
        except RuntimeError:  # the system starts no more threads, or they are shutting down
            self._refuse_unserved(conn)

    def _on_unserved(self, conn: Client) -> None:
        self.method_queue.defer(self._take_back, conn)

    def _take_back(self, conn: Client) -> None:
        """Refuse a request for which there was no thread, and serve those that wait for a turn."""
        self._refuse_unserved(conn)
        self._dispatch.serve_waiting()

    def _refuse_unserved(self, conn: Client) -> None:
        self._dispatch.give_back(conn)
        self._refuse(conn, ServiceUnavailable(retry_after=RETRY_SECONDS))

    def _on_served(self, conn: Client, result: Any) -> None:
        self.method_queue.defer(self.finish_request, conn, result)

    def upgraded(self, connection: Any) -> None:
        """Stop counting `connection` as a request of its address: it has become a WebSocket."""
        self.method_queue.defer(self._dispatch.end_turn, connection.owner)

    def finish_request(self, conn: Client, fs: Any) -> None:
        """Take the connection back from its thread; `fs` is the result of `handle`."""
        self._dispatch.give_back(conn)
        if not fs:
            self._part(conn)
        elif fs is _UNFINISHED:
            self._read_request(conn)
        elif rest := conn.parser.unreader.take_buffered():
            self._go_on(conn, rest)
        elif isinstance(conn.sock, ssl.SSLSocket) and conn.sock.pending():
            self._go_on(conn, b"")  # no more bytes need come, so the loop would not wake up
        else:
            self._keep_alive(conn)
        self._dispatch.serve_waiting()

    def _go_on(self, conn: Client, rest: bytes) -> None:
        """Serve the next request, which the client has sent already; `rest` is its beginning."""
        if self._reads_heads:
            conn.head = rest
            self._read_request(conn)
        else:
            conn.parser.unreader.unread(rest)
            self.enqueue_req(conn)

    def _keep_alive(self, conn: Client) -> None:
        conn.set_timeout()
        if not self.alive:
            conn.timeout = min(conn.timeout, monotonic() + LAST_SECONDS)
        try:
            self.poller.register(
                conn.sock, selectors.EVENT_READ, partial(self.on_client_socket_readable, conn)
            )
        except (OSError, ValueError, KeyError):
            self._drop(conn)
        else:
            self.keepalived_conns.append(conn)

    # In a thread

    def handle(self, conn: Client) -> Any:
        """Serve requests of a connection in a thread."""
        if not self._reads_heads:
            return super().handle(conn)
        sock: ClientSocket = conn.sock
        request = None
        try:
            if not conn.head:
                try:
                    conn.head = sock.recv_now(8192)
                except BlockingIOError:  # the loop was woken for nothing
                    return _UNFINISHED
                if not conn.head:
                    return False
                if not self._is_ready(conn):
                    return _UNFINISHED
            conn.init()
            sock.begin()
            head, conn.head, conn.wanted = conn.head, b"", 0
            if heads.is_too_long(head, self._settings.head_bytes):
                raise LimitRequestHeaders("the head is too long")
            if b"\r\n\r\n" not in head:
                sock.until = monotonic() + self._settings.receive_seconds
            conn.parser.unreader.unread(head)
            request = next(conn.parser)
            sock.until = None
            if request and self.handle_request(request, conn):
                return self._is_drained(conn)
        except (NoMoreData, StopIteration) as end:
            self.log.debug("Closing connection. %s", end)
        except ReceiveTimeout as error:
            self.handle_error(request, sock, conn.client, error)
        except OSError as error:
            if error.errno not in _GONE:
                self.log.exception("Socket error processing request.")
        except Exception as error:  # as in gunicorn: the client is told of any error
            self.handle_error(request, sock, conn.client, error)
        return False

    def _is_drained(self, conn: Client) -> bool:
        """Return whether nothing is left of the body: the next bytes are the next request."""
        body = conn.parser.mesg.body
        reader = body.reader
        if isinstance(reader, LengthReader) and not reader.length and not body.failed:
            return True
        # gunicorn's own limit counts between reads of a kilobyte, not of bytes that drip. If
        # requests wait for a thread, it is worth more than the connection.
        seconds = _BUSY_DRAIN_SECONDS if self._dispatch.is_queued else DRAIN_SECONDS
        conn.sock.until = deadline = monotonic() + seconds
        try:
            return bool(conn.parser.finish_body(deadline=deadline))
        finally:
            conn.sock.until = None

    def handle_error(self, req: Any, client: Any, addr: Any, exc: Exception) -> None:
        """Answer gunicorn's errors with problems."""
        problem = refusals.problem_of(exc)
        request_id = uuid4().hex
        name = type(exc).__name__
        if problem.status < 500:
            self.log.info("%s before the app, request %s", name, request_id)
        else:  # the place, not the message: that may quote a header or a row
            traceback = "".join(format_tb(exc.__traceback__)).rstrip()
            self.log.error("%s outside of the app, request %s\n%s", name, request_id, traceback)
        try:
            client.sendall(refusals.answer_of(problem, request_id))
        except OSError:
            self.log.debug("The client left before it was told.")

    # Waiting, and closing

    def _watch(self, conn: Client, among: dict[Client, None], callback: Any) -> None:
        among[conn] = None
        try:
            self.poller.register(conn.sock, selectors.EVENT_READ, partial(callback, conn))
        except (OSError, ValueError, KeyError):
            self._drop(conn)

    def _unwatch(self, conn: Client) -> None:
        self._reading.pop(conn, None)
        self._closing.pop(conn, None)
        with suppress(OSError, KeyError, ValueError):
            self.poller.unregister(conn.sock)

    def _drop(self, conn: Client) -> None:
        """Close at once."""
        if conn.is_over:
            return
        conn.is_over = True
        self._unwatch(conn)
        conn.close()
        if isinstance(conn.sock, ClientSocket):
            conn.sock.owner = None  # a reference cycle would wait for the garbage collector
        self._forget(conn)

    def _forget(self, conn: Client) -> None:
        self.nr_conns -= 1
        if conn.address is not None:
            self._open[conn.address] -= 1
            if not self._open[conn.address]:
                del self._open[conn.address]

    def _refuse(self, conn: Client, problem: Problem) -> None:
        """Answer from the loop, without waiting."""
        with suppress(OSError, AttributeError, ValueError):  # TLS has not begun, or has state
            if self._reads_heads:
                conn.sock.send_now(refusals.answer_of(problem, uuid4().hex))
        self._part(conn)

    def _part(self, conn: Client) -> None:
        """Close as in RFC 9112 section 9.6: announce it, and wait a while for the client to close.

        gunicorn waits for each client in its loop, two seconds at most: a few clients that do not
        close would stop the worker.
        """
        sock = conn.sock
        if getattr(sock, "is_stalled", False):
            self._drop(conn)
            return
        try:
            sock.shutdown(socket.SHUT_WR)
        except OSError:
            self._drop(conn)
            return
        conn.until = monotonic() + LAST_SECONDS
        self._watch(conn, self._closing, self._on_closing)
        while len(self._closing) > MAX_CLOSING:
            self._drop(next(iter(self._closing)))

    def _on_closing(self, conn: Client, sock: Any) -> None:
        if conn.is_over:
            return
        try:
            data = socket.socket.recv(sock, 16 * 1024, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        conn.left -= len(data)
        if not data or conn.left <= 0:
            self._drop(conn)

    def murder_keepalived(self, force: bool = False) -> None:
        """Close kept-alive connections that have timed out, or all of them."""
        now = monotonic()
        while self.keepalived_conns and (force or self.keepalived_conns[0].timeout <= now):
            self._drop(self.keepalived_conns.popleft())

    def murder_pending(self) -> None:
        """End all other waits that have timed out; gunicorn calls this in each turn of its loop."""
        now = monotonic()
        if now < self._next_look:
            return
        self._next_look = now + _LOOK_SECONDS
        if not self.alive and not self._is_ending:
            self._is_ending = True
            for conn in self._reading:
                if not conn.wanted:
                    conn.until = min(conn.until, now + LAST_SECONDS)
            for conn in self.keepalived_conns:
                conn.timeout = min(conn.timeout, now + LAST_SECONDS)
        while self._closing and (conn := next(iter(self._closing))).until <= now:
            self._drop(conn)
        for conn in [conn for conn in self._reading if conn.until <= now]:
            if conn.wanted and self._bounds.is_enough(len(conn.head) - conn.mark):
                self._give_time(conn)
                self._reading[conn] = self._reading.pop(conn)
                continue
            self._unwatch(conn)
            if conn.head:
                self._tally.add("slow request")
                self._refuse(conn, ReceiveTimeout())
            else:
                self._drop(conn)
        for conn in self._dispatch.expire(now):
            self._tally.add("no thread was free in time")
            self._refuse(
                conn, ServiceUnavailable("Too many requests at once.", retry_after=RETRY_SECONDS)
            )
        self._dispatch.end_slow_transfers(now)
        self._tally.log_counts()

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        """See `ThreadWorker.wait_for_and_dispatch_events`; wakes up in time for the waits here."""
        if self._reading or self._closing or self._dispatch.is_queued:
            timeout = min(timeout, _LOOK_SECONDS)
        super().wait_for_and_dispatch_events(min(timeout, 1.0))
