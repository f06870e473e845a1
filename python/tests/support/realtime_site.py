"""A site of `realtime_app` on a real server, and people with real Socket.IO clients."""

from __future__ import annotations

import json
import logging
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import engineio
import httpx
import socketio
from flask import Flask
from socketio.exceptions import ConnectionError as Refused
from sqlalchemy import Engine
from werkzeug.serving import WSGIRequestHandler, make_server

from flask_dovetail import notify
from flask_dovetail.auth.authority import Auth
from flask_dovetail.core import state
from flask_dovetail.core.worker import WORKER
from flask_dovetail.realtime.realtime import Realtime, current
from flask_dovetail.storage.database import Database
from flask_dovetail.storage.given_engine import given_engine
from support.clock import RunningClock
from support.paths import TESTS
from support.plain_http import verify_of
from support.realtime_app import PASSWORD, Liked, People, create_app
from support.realtime_raw import RawSocket
from support.waiting import WAIT_SECONDS, until

_quiet = logging.getLogger("a plain client")
_quiet.setLevel(logging.CRITICAL)  # threads of the library outlive a connection, and complain

NOTIFY = "/notify"


class Worker:
    """What gunicorn's worker is to sockets."""

    cfg = SimpleNamespace(threads=300)

    alive = True

    def upgraded(self, connection: Any) -> None:
        """Nothing is counted here."""


@dataclass
class RealtimeSite:
    """An app that is served at `origin`, in this process."""

    app: Flask
    origin: str
    people: People
    clock: RunningClock
    worker: Worker
    visitors: list[Visitor] = field(default_factory=list)

    @property
    def service(self) -> Realtime:
        return current(self.app)

    def person(self, subject: str) -> Visitor:
        made = Visitor(self.origin, subject, self.app.config["DOVETAIL_API_ORIGIN"])
        self.visitors.append(made)
        return made

    def engine(self) -> Engine:
        """The app's, or else Dovetail's, whether or not its tables have been made."""
        with self.app.app_context():
            return given_engine(state.get(Database, self.app).engine())

    def like(self, subject: str, *things: int) -> None:
        """Notify somebody of these, from the process that serves."""
        with self.app.app_context():
            for thing in things:
                notify(subject, Liked(thing=thing))


MakeSite = Callable[..., RealtimeSite]


class Visitor:
    """Somebody who has signed in over HTTP."""

    def __init__(self, origin: str, subject: str, page: str) -> None:
        self.origin = origin
        self.subject = subject
        self.page = page
        self.clients: list[Client] = []
        self.raw_sockets: list[RawSocket] = []
        self.http = httpx.Client(
            base_url=origin, headers={"Origin": page}, timeout=30, verify=verify_of(origin)
        )
        self.token: str | None = None
        self.sign_in()

    def sign_in(self) -> None:
        csrf = self.http.get("/api/csrf-token").json()["csrf"]
        self.http.headers["X-CSRF-Token"] = csrf
        answer = self.http.post(
            "/auth/login",
            json={"email": f"{self.subject}@example.com", "password": PASSWORD},
        )
        assert answer.status_code == 200, answer.text
        body = answer.json()
        if "access_token" in body:
            self.token = body["access_token"]
            self.http.headers["Authorization"] = f"Bearer {self.token}"
        else:
            self.http.headers["X-CSRF-Token"] = body["csrf"]

    def refresh(self) -> str:
        """Another access token of the same login."""
        answer = self.http.post(
            "/auth/refresh", headers={"X-Requested-With": "XMLHttpRequest", "Authorization": ""}
        )
        assert answer.status_code == 200, answer.text
        token: str = answer.json()["access_token"]
        self.token = token
        self.http.headers["Authorization"] = f"Bearer {token}"
        return token

    def post(self, path: str, **body: Any) -> httpx.Response:
        return self.http.post(path, json=body or None)

    def get(self, path: str) -> Any:
        answer = self.http.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def cookies(self) -> str:
        return "; ".join(f"{c.name}={c.value}" for c in self.http.cookies.jar)

    def connect(
        self,
        *namespaces: str,
        last: int | None = None,
        auth: Any = ...,
        origin: str | None = None,
    ) -> Client:
        """A socket of theirs; by default to /notify, with what their strategy gives."""
        client = Client(
            self.origin,
            namespaces or (NOTIFY,),
            self.auth(last) if auth is ... else auth,
            cookies=self.cookies(),
            page=self.page if origin is None else origin,
        )
        self.clients.append(client)
        return client

    def auth(self, last: int | None = None) -> dict[str, Any]:
        """What a CONNECT packet of theirs carries."""
        auth: dict[str, Any] = {} if last is None else {"last": last}
        if self.token is not None:
            auth["token"] = self.token
        return auth

    def raw(self, *namespaces: str, last: int | None = None, receive_bytes: int = 0) -> RawSocket:
        """A socket that sends and reads frames as a test writes them."""
        made = RawSocket(
            self.origin, cookies=self.cookies(), page=self.page, receive_bytes=receive_bytes
        )
        self.raw_sockets.append(made)
        made.open()
        for namespace in namespaces:
            assert made.join(namespace, self.auth(last)).startswith(f"40{namespace},")
        return made

    def close(self) -> None:
        for one in (*self.clients, *self.raw_sockets):
            one.close()
        self.http.close()


class _InOrder(engineio.Client):  # type: ignore[misc]  # has no types
    """The library gives each message a thread of its own: what came first may be heard last."""

    def _trigger_event(self, event: str, *args: Any, **options: Any) -> Any:
        if event == "message":
            options["run_async"] = False
        return super()._trigger_event(event, *args, **options)


class _Socket(socketio.Client):  # type: ignore[misc]  # has no types
    def _engineio_client_class(self) -> type[_InOrder]:
        return _InOrder


class Client:
    """A plain Socket.IO client. What it hears is in `heard`: (namespace, event, argument)."""

    def __init__(
        self,
        origin: str,
        namespaces: tuple[str, ...],
        auth: Any,
        *,
        cookies: str,
        page: str,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.heard: queue.Queue[tuple[str, str, Any]] = queue.Queue()
        self.closed = threading.Event()
        self.socket = _Socket(
            engineio_logger=_quiet, reconnection=False, websocket_extra_options={"origin": page}
        )
        self.refusal: dict[str, Any] | None = None
        for namespace in namespaces:
            self.socket.on("*", self._hear(namespace), namespace=namespace)
            self.socket.on("connect_error", self._refused, namespace=namespace)
            self.socket.on("disconnect", lambda *_: self.closed.set(), namespace=namespace)
        self.socket.connect(
            origin,
            headers={"Cookie": cookies, **(headers or {})},
            auth=auth,
            transports=["websocket"],
            namespaces=list(namespaces),
            wait_timeout=WAIT_SECONDS,
        )

    def _hear(self, namespace: str) -> Callable[..., None]:
        return lambda event, *args: self.heard.put((namespace, event, args[0] if args else None))

    def _refused(self, data: Any) -> None:
        self.refusal = data

    def next(self, event: str | None = None, seconds: float = WAIT_SECONDS) -> Any:
        """The argument of the next event; others than `event` are passed over."""
        deadline = time.monotonic() + seconds
        while True:
            _, name, data = self.heard.get(timeout=max(0.001, deadline - time.monotonic()))
            if event is None or name == event:
                return data

    def things(self, count: int) -> list[int]:
        """Which things were liked, by the next notifications, in the order they came."""
        return [self.next("liked")["data"]["thing"] for _ in range(count)]

    def call(self, event: str, *data: Any, namespace: str = "/live") -> dict[str, Any]:
        payload = data[0] if len(data) == 1 else (data or None)
        answer: dict[str, Any] = self.socket.call(
            event, payload, namespace=namespace, timeout=WAIT_SECONDS
        )
        return answer

    def is_quiet(self, seconds: float = 0.3) -> bool:
        """Whether nothing comes for a while, but what it began with."""
        deadline = time.monotonic() + seconds
        try:
            while True:
                left = deadline - time.monotonic()
                if self.heard.get(timeout=max(0.001, left))[1] != "dovetail:ready":
                    return False
        except queue.Empty:
            return True

    def close(self) -> None:
        self.socket.disconnect()


def refusal_of(connect: Callable[[], Client]) -> dict[str, Any]:
    """The problem that a connection is refused with."""
    seen: list[dict[str, Any]] = []
    kept = Client._refused

    def note(self: Client, data: Any) -> None:
        seen.append(data)
        kept(self, data)

    Client._refused = note  # type: ignore[method-assign]
    try:
        connect()
    except Refused:
        until(lambda: seen)
        assert seen[0]["message"] == seen[0]["data"]["code"]
        problem: dict[str, Any] = seen[0]["data"]
        return problem
    finally:
        Client._refused = kept  # type: ignore[method-assign]
    raise AssertionError("it was let in")


class _Quiet(WSGIRequestHandler):
    """One that writes no log of its own."""

    def log(self, *_: Any) -> None:
        """Nothing."""


@contextmanager
def served(folder: Path, people: People | None = None, **config: Any) -> Iterator[RealtimeSite]:
    """A site on Werkzeug's threaded server, and an end to all that it has begun."""
    known = People() if people is None else people
    worker = Worker()
    holder: list[Any] = []

    def wsgi(environ: Any, start_response: Any) -> Any:
        environ[WORKER] = worker
        return holder[0](environ, start_response)

    server = make_server("127.0.0.1", 0, wsgi, threaded=True, request_handler=_Quiet)
    server.daemon_threads = True  # type: ignore[attr-defined]
    origin = f"http://127.0.0.1:{server.server_port}"
    app = create_app(folder, known, **{"DOVETAIL_API_ORIGIN": origin, **config})
    holder.append(app)
    clock = RunningClock()
    for part in (state.get(Auth, app), current(app)):
        object.__setattr__(part, "clock", clock)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    site = RealtimeSite(app, origin, known, clock, worker)
    try:
        yield site
    finally:
        for visitor in site.visitors:
            visitor.close()
        worker.alive = False  # its watch ends what is still open, and then itself
        server.shutdown()
        server.server_close()
        thread.join()


class Neighbour:
    """Another process with an app on the same stores, which notifies when it is told to."""

    def __init__(self, site: RealtimeSite, subject: str, count: int) -> None:
        config = {k: v for k, v in site.app.config.items() if k.startswith("DOVETAIL_")}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "support.realtime_worker", subject, str(count)],
            cwd=TESTS,
            env={
                **os.environ,
                "REALTIME_APP": json.dumps({"folder": site.app.instance_path, **config}),
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def begin(self) -> None:
        self._await("ready")
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()

    def finish(self) -> None:
        self._await("done")
        with self._process:
            assert self._process.wait(WAIT_SECONDS) == 0

    def _await(self, word: str) -> None:
        """Past the lines of the log."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.strip() == word:
                return
        raise AssertionError(f"it ended before it was {word}")
