"""A browser as the server sees one: cookies kept, the CSRF token attached."""

from __future__ import annotations

from typing import Any, Self

from flask import Flask
from werkzeug.test import TestResponse


class Visitor:
    def __init__(self, app: Flask) -> None:
        self._client = app.test_client()
        self._csrf: str | None = None

    def sign_in(self, email: str, password: str) -> Self:
        answer = self.post("/auth/login", {"email": email, "password": password})
        assert answer.status_code == 200, answer.text
        self._csrf = answer.json["csrf"]
        return self

    def get(self, path: str, **options: Any) -> TestResponse:
        return self._client.get(path, **options)

    def post(self, path: str, body: object) -> TestResponse:
        return self.send("POST", path, body)

    def patch(self, path: str, body: object) -> TestResponse:
        return self.send("PATCH", path, body)

    def delete(self, path: str) -> TestResponse:
        return self.send("DELETE", path)

    def send(self, method: str, path: str, body: object = None) -> TestResponse:
        if self._csrf is None:
            self._csrf = self.get("/api/csrf-token").json["csrf"]
        options: dict[str, Any] = {} if body is None else {"json": body}
        headers = {"X-CSRF-Token": self._csrf}
        return self._client.open(path, method=method, headers=headers, **options)
