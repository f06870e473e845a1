"""A browser as the server sees one: cookies kept, the CSRF or the access token attached."""

from __future__ import annotations

from typing import Any, Self

from flask import Flask
from werkzeug.test import TestResponse

from flask_dovetail.testing import DovetailClient


class Visitor:
    def __init__(self, app: Flask, address: str | None = None) -> None:
        self._client = DovetailClient(app)
        if address is not None:
            self._client.environ_base["REMOTE_ADDR"] = address

    def sign_in(self, email: str, password: str) -> Self:
        answer = self.post("/auth/login", {"email": email, "password": password})
        assert answer.status_code == 200, answer.text
        return self

    def renew(self) -> Self:
        """As the page does when it is loaded anew: another access token, where there are any."""
        if self._client.access_token is not None:
            answer = self._client.post("/auth/refresh")
            assert answer.status_code == 200, answer.text
        return self

    def get(self, path: str, **options: Any) -> TestResponse:
        return self._client.get(path, **options)

    def post(self, path: str, body: object) -> TestResponse:
        return self.send("POST", path, body)

    def patch(self, path: str, body: object) -> TestResponse:
        return self.send("PATCH", path, body)

    def put(self, path: str, body: object) -> TestResponse:
        return self.send("PUT", path, body)

    def delete(self, path: str) -> TestResponse:
        return self.send("DELETE", path)

    def upload(self, content: bytes, content_type: str, purpose: str = "file") -> TestResponse:
        """The answer to the commit, or what was answered instead of a ticket."""
        announced = {"name": "a file", "content_type": content_type, "size": len(content)}
        ticket = self.post("/files/upload/presign", {**announced, "purpose": purpose})
        if ticket.status_code != 201:
            return ticket
        for part in ticket.json["parts"]:
            sent = content[(part["number"] - 1) * ticket.json["part_size"] :][: part["size"]]
            arrived = self._client.put(
                part["url"], data=sent, headers=part["headers"], content_length=len(sent)
            )
            assert arrived.status_code == 204, arrived.text
        return self.post("/files/upload/commit", {"key": ticket.json["key"]})

    def send(self, method: str, path: str, body: object = None) -> TestResponse:
        options: dict[str, Any] = {} if body is None else {"json": body}
        return self._client.open(path, method=method, **options)
