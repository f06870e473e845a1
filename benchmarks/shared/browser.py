"""A small browser on asyncio: cookies, the CSRF or the access token, one kept connection.

HTTP/1.1 is read by hand, because two hundred browsers share two cores with the server.
"""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass
from typing import Any, Self

HUNG_SECONDS = 10.0
IDLE_SECONDS = 10.0
"""Below gunicorn's keep-alive: an older connection may be closed while we write to it."""


class HungError(Exception):
    """No whole answer came in time."""


class CutError(Exception):
    """The connection was refused, or ended before a whole answer."""


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class Browser:
    """One person's browser, with one connection.

    Args:
        patience: seconds after which a request counts as hung.
    """

    def __init__(self, port: int, patience: float = HUNG_SECONDS) -> None:
        self._port = port
        self.patience = patience
        self._cookies: dict[str, tuple[str, str]] = {}
        self._credential: dict[str, str] = {}
        self._connection: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._used_at = 0.0

    @property
    def has_token(self) -> bool:
        """Whether it has an access token, and so a refresh cookie."""
        return "Authorization" in self._credential

    async def sign_in(self, email: str, password: str) -> Answer:
        """Sign in; the answer's credential goes with every request from here on."""
        if not self._credential:
            answer = await self.send("GET", "/api/csrf-token")
            if answer.status != 200:
                return answer
            self._credential = {"X-CSRF-Token": answer.json()["csrf"]}
        return self._keep(
            await self.send("POST", "/auth/login", {"email": email, "password": password})
        )

    async def refresh(self) -> Answer:
        """Get another access token for the refresh cookie."""
        headers = {"X-Requested-With": "XMLHttpRequest"}
        return self._keep(await self.send("POST", "/auth/refresh", headers=headers))

    def _keep(self, answer: Answer) -> Answer:
        if answer.status == 200:
            told = answer.json()
            token = told.get("access_token")
            self._credential = (
                {"Authorization": f"Bearer {token}"} if token else {"X-CSRF-Token": told["csrf"]}
            )
        return answer

    def same_login(self) -> Browser:
        """Another browser window: the same cookies and credential, a connection of its own."""
        window = Browser(self._port, self.patience)
        window._cookies, window._credential = dict(self._cookies), dict(self._credential)
        return window

    async def send(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        data: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """The answer to one request; `body` is sent as JSON, `data` as it is.

        Raises:
            HungError, CutError: there is none.
        """
        request = self._request(method, path, body, data, headers or {})
        try:
            async with asyncio.timeout(self.patience):
                return await self._exchange(request, may_repeat=method == "GET")
        except TimeoutError:
            self.close()
            raise HungError from None
        except (OSError, asyncio.IncompleteReadError, ValueError) as error:
            self.close()
            raise CutError(repr(error)) from None
        except asyncio.CancelledError:
            self.close()
            raise

    def close(self) -> None:
        if self._connection is not None:
            self._connection[1].transport.abort()
            self._connection = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()

    def _request(
        self, method: str, path: str, body: object, data: bytes | None, headers: dict[str, str]
    ) -> bytes:
        origin = f"localhost:{self._port}"
        head = {"Host": origin, "Accept": "application/json", **self._credential}
        cookies = [
            f"{name}={value}"
            for name, (value, below) in self._cookies.items()
            if path.startswith(below)
        ]
        if cookies:
            head["Cookie"] = "; ".join(cookies)
        if method != "GET":
            head["Origin"] = f"http://{origin}"
            head["Content-Length"] = "0"
        if body is not None:
            data = json.dumps(body).encode()
            head["Content-Type"] = "application/json"
        if data is not None:
            head["Content-Length"] = str(len(data))
        lines = [f"{name}: {value}\r\n" for name, value in {**head, **headers}.items()]
        return f"{method} {path} HTTP/1.1\r\n{''.join(lines)}\r\n".encode() + (data or b"")

    async def _exchange(self, request: bytes, *, may_repeat: bool) -> Answer:
        kept = self._connection
        if kept and (kept[0].at_eof() or time.monotonic() - self._used_at > IDLE_SECONDS):
            self.close()
            kept = None
        try:
            return await self._once(request)
        except (ConnectionError, asyncio.IncompleteReadError):
            self.close()
            if kept is None or not may_repeat:
                raise
            return await self._once(request)  # as browsers do where a kept connection was closed

    async def _once(self, request: bytes) -> Answer:
        if self._connection is None:
            self._connection = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._connection
        writer.write(request)
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.rstrip().split("\r\n")
        status = int(first.split(" ", 2)[1])
        headers = {}
        for line in lines:
            name, _, value = line.partition(": ")
            if name.lower() == "set-cookie":
                self._set_cookie(value)
            headers[name.lower()] = value
        body = b"" if status in (204, 304) else await _body(reader, headers)
        self._used_at = time.monotonic()
        if headers.get("connection", "").lower() == "close":
            self.close()
        return Answer(status, headers, body)

    def _set_cookie(self, line: str) -> None:
        pair, *attributes = line.split("; ")
        name, _, value = pair.partition("=")
        told = {key.lower(): each for key, _, each in (a.partition("=") for a in attributes)}
        if told.get("max-age") == "0" or "1970" in told.get("expires", ""):
            self._cookies.pop(name, None)
        else:
            self._cookies[name] = (value, told.get("path", "/"))


async def _body(reader: asyncio.StreamReader, headers: dict[str, str]) -> bytes:
    if headers.get("transfer-encoding", "").lower() != "chunked":
        length = headers.get("content-length")
        return await (reader.read() if length is None else reader.readexactly(int(length)))
    body = b""
    while size := int(await reader.readuntil(b"\r\n"), 16):
        body += (await reader.readexactly(size + 2))[:-2]
    await reader.readuntil(b"\r\n")
    return body
