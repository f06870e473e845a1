"""A form in which a CSRF token may be is read within a bound: anybody may send one."""

from __future__ import annotations

import gc
import io
from typing import Any

import pytest
from flask import request

from flask_dovetail import auth
from support.auth_site import AuthSite, MakeSite

MIB = 1024 * 1024


class Endless(io.RawIOBase):
    """A part of a form that goes on and on, and the number of its bytes that were read."""

    def __init__(self) -> None:
        self.count = 0
        self._head = (
            b'--b\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n'
            b"Content-Type: text/plain\r\n\r\n"
        )

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        data = self._head[: len(buffer)] or b"x" * min(len(buffer), 16 * MIB - self.count)
        self._head = self._head[len(data) :]
        buffer[: len(data)] = data
        self.count += len(data)
        return len(data)


@pytest.fixture
def site(make_site: MakeSite) -> AuthSite:
    made = make_site(MAX_CONTENT_LENGTH=None)

    @made.app.post("/form")
    @auth.signed_in
    def form() -> str:
        with request.files["f"].stream as content:
            return str(len(content.read()))

    return made


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # see the end
@pytest.mark.parametrize("announced", [True, False], ids=["length", "chunks"])
@pytest.mark.parametrize("path", ["/form", "/auth/login", "/auth/logout"])
def test_a_stranger_sends_no_form_without_end(site: AuthSite, path: str, announced: bool) -> None:
    """It would fill the server's disk, before anything asks who sends it."""
    client = site.app.test_client()
    client.get("/api/csrf-token")
    body = Endless()
    environ: dict[str, Any] = {
        "CONTENT_TYPE": "multipart/form-data; boundary=b",  # else the client makes its own
        "wsgi.input": io.BufferedReader(body),
        **({"CONTENT_LENGTH": str(2**40)} if announced else {"wsgi.input_terminated": True}),
    }
    answer = client.post(path, environ_overrides=environ)
    assert (answer.status_code, answer.json["code"]) in (
        (413, "PAYLOAD_TOO_LARGE"),
        (403, "CSRF_FAILED"),
    )
    assert body.count <= 3 * MIB
    gc.collect()  # Werkzeug leaves the file of a part that it gave up to the garbage collector


def multipart(**fields: str) -> dict[str, Any]:
    """Return a form with these fields and a file `f` of 2 MiB, for the test client."""
    parts = [
        f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    file = '--b\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\n'
    data = ("".join(parts) + file).encode() + bytes(2 * MIB) + b"\r\n--b--\r\n"
    return {"data": data, "content_type": "multipart/form-data; boundary=b"}


@pytest.mark.parametrize(("limit", "status"), [(None, 413), (4 * MIB, 200)])
def test_an_app_may_set_a_higher_bound(
    site: AuthSite, limit: int | None, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    site.app.config["MAX_CONTENT_LENGTH"] = limit
    browser = site.browser()
    browser.sign_in()
    form = multipart(dovetail_csrf=browser.token or "")
    assert browser.client.post("/form", **form).status_code == status
    told = [vars(r)["key"] for r in caplog.records if r.getMessage() == "form refused"]
    assert told == (["MAX_CONTENT_LENGTH"] if status == 413 else [])


def test_a_token_in_the_header_leaves_the_form_to_the_view(site: AuthSite) -> None:
    browser = site.browser()
    browser.sign_in()
    headers = {"X-CSRF-Token": browser.token or ""}
    answer = browser.client.post("/form", headers=headers, **multipart())
    assert (answer.status_code, answer.text) == (200, str(2 * MIB))


def test_form_without_its_token_is_told_of_the_field(site: AuthSite) -> None:
    client = site.app.test_client()
    client.get("/api/csrf-token")
    detail = client.post("/form", data={"f": "x"}).json["detail"]
    assert detail == (
        "The header X-CSRF-Token is missing, and so is the field dovetail_csrf of the form."
    )
    assert client.post("/form", json={}).json["detail"] == "The header X-CSRF-Token is missing."
