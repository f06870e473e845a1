"""Several gunicorn processes of `fleet_app` behind nginx with TLS, by the text that we ship.

What starts a process is the command of its systemd unit, and what nginx reads is `nginx.conf`;
only addresses and folders are others.
"""

from __future__ import annotations

import configparser
import json
import os
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import engineio
import httpx
import socketio
from socketio.exceptions import SocketIOError

from support.nginx import Nginx
from support.paths import ROOT, TESTS
from support.plain_http import NO_TLS
from support.ports import free_port
from support.realtime_site import NOTIFY, Visitor
from support.tls_tunnel import TLSTunnel
from support.waiting import WAIT_SECONDS, until

DEPLOY = ROOT / "starter" / "deploy" / "realtime"
BACKEND = ROOT / "starter" / "backend"
PAGE = ROOT / "docs" / "realtime-processes.md"
APP = "support.fleet_app:from_environment()"

THREADS = "--config gunicorn.conf.py --workers 3 wsgi:app"
"""What the page says for equal processes."""


class Unit:
    """A systemd unit: what it starts, in which environment.

    Args:
        name: of its file; "%i" in it becomes `instance`.
    """

    def __init__(self, name: str, instance: str = "") -> None:
        parser = configparser.RawConfigParser(delimiters=("=",))
        parser.optionxform = str  # type: ignore[assignment, method-assign]
        parser.read_string((DEPLOY / name).read_text("utf-8").replace("%i", instance))
        service = parser["Service"]
        assert service["WorkingDirectory"] == "/srv/dovetail/starter/backend"
        program, *self.arguments = shlex.split(service["ExecStart"])
        assert program == "/srv/dovetail/.venv/bin/gunicorn"
        self.environment = dict(part.split("=", 1) for part in shlex.split(service["Environment"]))


class Process:
    """A gunicorn: its master, which we start, and the workers that it has.

    Args:
        arguments: as a unit has them; the app is ours.
    """

    def __init__(self, arguments: Iterable[str], environment: dict[str, str]) -> None:
        self.port = int(environment["PORT"])
        self._arguments = [APP if each == "wsgi:app" else each for each in arguments]
        assert APP in self._arguments
        self._environment = environment
        at = self._arguments.index("--workers") if "--workers" in self._arguments else None
        self._count = 1 if at is None else int(self._arguments[at + 1])
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", *self._arguments],
            cwd=BACKEND,
            env=self._environment,
            stdin=subprocess.DEVNULL,
        )

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def is_ready(self) -> bool:
        """Whether it answers, with all of its workers."""
        assert self._process is not None
        assert self._process.poll() is None, "gunicorn has ended"
        try:
            answer = httpx.get(f"http://127.0.0.1:{self.port}/healthz", verify=NO_TLS)
        except httpx.TransportError:
            return False
        return answer.status_code == 200 and len(self.workers) == self._count

    @property
    def workers(self) -> set[int]:
        assert self._process is not None
        pid = self._process.pid
        return {int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}

    def kill(self) -> None:
        """All of it at once, as when a machine loses its power."""
        assert self._process is not None
        workers = self.workers
        self._process.kill()  # first: it would make others in their place
        for worker in workers:
            os.kill(worker, signal.SIGKILL)
        self._process.wait()

    def kill_workers(self, pids: set[int]) -> None:
        """Those only: the master makes others in their place."""
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        until(lambda: not pids & self.workers)

    def stop(self) -> float:
        """As systemd does it. The seconds that it took."""
        assert self._process is not None
        began = time.monotonic()
        self._process.terminate()
        self._process.wait(WAIT_SECONDS)
        return time.monotonic() - began


class Fleet:
    """
    Args:
        origin: where nginx listens.
        processes: all of them, the first of which answers requests.
        tunnel: to where nginx listens.
        certificate: which nginx shows.
        environment: of one more process.
    """

    def __init__(
        self,
        origin: str,
        processes: list[Process],
        tunnel: TLSTunnel,
        certificate: Path,
        environment: dict[str, str],
    ) -> None:
        self.origin = origin
        self.tunnel = tunnel
        self.processes = processes
        self.certificate = certificate
        self.environment = environment
        self.tabs: list[Tab] = []
        self.visitors: list[Visitor] = []

    @property
    def serving(self) -> list[Process]:
        """Those that take sockets."""
        return self.processes[1:] or self.processes

    @property
    def workers(self) -> set[int]:
        """The processes that sockets may end in."""
        return set().union(*(each.workers for each in self.serving))

    def person(self, subject: str) -> Visitor:
        made = Visitor(self.origin, subject, self.origin)
        self.visitors.append(made)
        return made

    def tab(self, visitor: Visitor, through: TLSTunnel | None = None) -> Tab:
        made = Tab(visitor, self.origin, through or self.tunnel)
        self.tabs.append(made)
        return made

    def tabs_everywhere(self, visitor: Visitor) -> list[Tab]:
        """Tabs of theirs, one in each process: some at once, so that no process gets them all."""
        found: dict[int, Tab] = {}
        deadline = time.monotonic() + WAIT_SECONDS
        while set(found) != self.workers:
            assert time.monotonic() < deadline, f"only {set(found)} of {self.workers} answered"
            with ThreadPoolExecutor(4) as pool:
                some = list(pool.map(self.tab, [visitor] * 4))
            for tab in some:
                if found.setdefault(tab.process, tab) is not tab:
                    tab.close()
        return list(found.values())

    def kill_one(self) -> set[int]:
        """Kill a process of sockets, or where they are workers of one, a worker. Which are gone."""
        victim = self.serving[0]
        if len(self.serving) == 1:
            dead = {min(victim.workers)}
            victim.kill_workers(dead)
        else:
            dead = victim.workers
            victim.kill()
        return dead

    def restore(self) -> None:
        """Until all is as it was at first."""
        for process in self.processes:
            if not process.is_running:
                process.start()
        for process in self.processes:
            until(process.is_ready, 60)

    def command(self, *arguments: str) -> None:
        """Run `flask` with these, in a process of its own."""
        subprocess.run(
            [
                sys.executable,
                "-m",
                "flask",
                "--app",
                "support.fleet_app:from_environment",
                *arguments,
            ],
            env=self.environment,
            check=True,
            capture_output=True,
        )

    def part(self) -> None:
        """Whoever is here goes."""
        for tab in self.tabs:
            tab.close()
        for visitor in self.visitors:
            visitor.close()
        self.tabs, self.visitors = [], []


class _InOrder(engineio.Client):  # type: ignore[misc]
    """Handles messages one after the other. The library's own starts a thread for each."""

    def _trigger_event(self, event: str, *args: Any, **kwargs: Any) -> Any:
        return super()._trigger_event(event, *args, **kwargs | {"run_async": False})


class _Client(socketio.Client):  # type: ignore[misc]
    def _engineio_client_class(self) -> type[_InOrder]:
        return _InOrder


class Tab:
    """A client on /notify and /live that comes back by itself, and says what it saw last.

    Args:
        origin: of the page, and where nginx listens.
        tunnel: the way there.

    Attributes:
        heard: (namespace, event, argument) in the order of their arrival.
    """

    def __init__(self, visitor: Visitor, origin: str, tunnel: TLSTunnel) -> None:
        self.heard: list[tuple[str, str, Any]] = []
        self.ended_at: float | None = None
        self._visitor = visitor
        self.socket = _Client(
            reconnection_delay=0.1,
            reconnection_delay_max=0.5,
            randomization_factor=0.1,
            handle_sigint=False,
            websocket_extra_options={"origin": origin, "host": urlsplit(origin).netloc},
        )
        for namespace in (NOTIFY, "/live"):
            self.socket.on("*", self._hear(namespace), namespace=namespace)
            self.socket.on("disconnect", self._disconnected, namespace=namespace)
        self.socket.connect(
            tunnel.origin,
            headers=lambda: {"Cookie": visitor.cookies()},  # it takes them out of a dict
            auth=self._auth,
            transports=["websocket"],
            namespaces=[NOTIFY, "/live"],
            wait_timeout=WAIT_SECONDS,
        )
        self.process: int = self.ask("where")["process"]

    def now_at(self) -> int | None:
        """The process that it is connected to. None: it is on its way."""
        try:
            found: int = self.ask("where", seconds=1)["process"]
        except SocketIOError:
            return None
        return found

    def ask(self, event: str, *, seconds: float = WAIT_SECONDS, **data: Any) -> Any:
        """What `/live` acknowledges."""
        answer = self.socket.call(event, data or None, namespace="/live", timeout=seconds)
        assert "problem" not in answer, answer
        return answer["data"]

    @property
    def seqs(self) -> list[int]:
        return [data["seq"] for _, event, data in list(self.heard) if event == "liked"]

    @property
    def things(self) -> list[int]:
        return [data["data"]["thing"] for _, event, data in list(self.heard) if event == "liked"]

    def all(self, event: str) -> list[Any]:
        """The arguments of all events of that name."""
        return [data for _, name, data in list(self.heard) if name == event]

    def awaits(self, event: str, data: Any) -> None:
        """Until that has been the latest of its name."""
        until(lambda: data in self.all(event)[-1:])

    def close(self) -> None:
        self.socket.shutdown()

    def _auth(self) -> dict[str, Any]:
        return self._visitor.auth(max(self.seqs, default=0))

    def _hear(self, namespace: str) -> Any:
        return lambda event, *args: self.heard.append((namespace, event, args[0] if args else None))

    def _disconnected(self, *_: Any) -> None:
        self.ended_at = time.monotonic()


def nginx_text(*, port: int, web: list[int], sockets: list[int], folder: Path) -> str:
    """The configuration that we ship, with addresses of ours."""
    text = (DEPLOY / "nginx.conf").read_text("utf-8")

    def put(said: str, here: str) -> None:
        nonlocal text
        assert text.count(said) == 1, f"nginx.conf no longer says {said!r} once"
        text = text.replace(said, here)

    def servers(ports: list[int], options: str = "") -> str:
        return "\n".join(f"server 127.0.0.1:{each}{options};" for each in ports)

    bounds = " max_fails=0"
    put("server 127.0.0.1:5000;", servers(web))
    put(f"server 127.0.0.1:5001{bounds};", servers(sockets, bounds))
    put(f"server 127.0.0.1:5002{bounds};", "")
    put("listen 443 ssl;", f"listen 127.0.0.1:{port} ssl;")
    put("/etc/ssl/app.example.com.pem", str(folder / "certificate.pem"))
    put("/etc/ssl/app.example.com.key", str(folder / "key.pem"))
    return text


@contextmanager
def sailing(folder: Path, certificate: Path, *, apart: bool, **config: Any) -> Iterator[Fleet]:
    """A fleet on these stores; `apart`: requests in one process, sockets in two others."""
    port = free_port()
    origin = f"https://127.0.0.1:{port}"
    app = {
        "folder": str(folder),
        "DOVETAIL_API_ORIGIN": origin,
        "DOVETAIL_TRUSTED_PROXIES": ["127.0.0.1/32"],
        "DOVETAIL_LOGS_FORMAT": "off",
        **config,
    }
    kept = {key: value for key, value in os.environ.items() if not key.startswith("DOVETAIL_")}
    environment = kept | {"REALTIME_APP": json.dumps(app), "PYTHONPATH": str(TESTS)}
    with ExitStack() as stack:
        processes = _apart(environment, app) if apart else _equal(environment)
        for process in processes:
            process.start()
            stack.callback(process.stop)
        for process in processes:
            until(process.is_ready, 60)
        ports = [process.port for process in processes]
        text = nginx_text(
            port=port, web=ports[:1], sockets=ports[1:] or ports, folder=certificate.parent
        )
        stack.enter_context(Nginx(http=text, server="return 404;", workers=2))
        tunnel = stack.enter_context(TLSTunnel(port, certificate))
        fleet = Fleet(origin, processes, tunnel, certificate, environment)
        stack.callback(fleet.part)
        yield fleet


def _apart(environment: dict[str, str], app: dict[str, Any]) -> list[Process]:
    web = Unit("dovetail-web.service")
    serves = web.environment.pop("DOVETAIL_REALTIME_SERVE")
    asked = {"REALTIME_APP": json.dumps(app | {"DOVETAIL_REALTIME_SERVE": json.loads(serves)})}
    made = [Process(web.arguments, environment | web.environment | asked | _a_port())]
    for _ in range(2):
        port = _a_port()
        unit = Unit("dovetail-sockets@.service", port["PORT"])
        made.append(Process(unit.arguments, environment | unit.environment))
    return made


def _equal(environment: dict[str, str]) -> list[Process]:
    return [Process(shlex.split(THREADS), environment | _a_port())]


def _a_port() -> dict[str, str]:
    return {"PORT": str(free_port())}


def at_once(*calls: Any) -> None:
    """Make all of these calls, each in a thread of its own."""
    failed: list[BaseException] = []

    def safely(call: Any) -> None:
        try:
            call()
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=safely, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
