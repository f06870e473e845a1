"""A browser as the server sees one: cookies kept, the CSRF or the access token attached."""

from __future__ import annotations

from typing import Any, Self

from flask import Flask
from werkzeug.test import TestResponse


class Visitor:
    def __init__(self, app: Flask, address: str | None = None) -> None:
        self._client = app.test_client()
        if address is not None:
            self._client.environ_base["REMOTE_ADDR"] = address
        self._credential: dict[str, str] | None = None

    def sign_in(self, email: str, password: str) -> Self:
        return self._keep(self.post("/auth/login", {"email": email, "password": password}))

    def renew(self) -> Self:
        """As the page does when it is loaded anew: another access token, where there are any."""
        if "Authorization" in (self._credential or {}):
            headers = {"X-Requested-With": "XMLHttpRequest"}
            self._keep(self._client.post("/auth/refresh", headers=headers))
        return self

    def _keep(self, answer: TestResponse) -> Self:
        assert answer.status_code == 200, answer.text
        token = answer.json.get("access_token")
        self._credential = (
            {"Authorization": f"Bearer {token}"} if token else {"X-CSRF-Token": answer.json["csrf"]}
        )
        return self

    def get(self, path: str, **options: Any) -> TestResponse:
        return self._client.get(path, headers=self._credential, **options)

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
        if self._credential is None:
            self._credential = {"X-CSRF-Token": self.get("/api/csrf-token").json["csrf"]}
        options: dict[str, Any] = {} if body is None else {"json": body}
        return self._client.open(path, method=method, headers=self._credential, **options)
