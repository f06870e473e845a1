from __future__ import annotations

import re
import sys
from typing import Any

import pytest
from flask import Flask

from flask_dovetail.contract import docs_page


def test_the_page_loads_only_files_of_its_own_origin_and_runs_nothing_inline(app: Flask) -> None:
    client = app.test_client()
    page = client.get("/docs")

    assert page.status_code == 200
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "<style" not in page.text
    assert re.search(r"<script(?![^>]* src=)", page.text) is None
    linked = re.findall(r'(?:src|href)="(/[^"]+)"', page.text)
    assert len(linked) == 3
    for address in linked:
        with client.get(address) as file:
            assert file.status_code == 200
            assert file.headers["X-Content-Type-Options"] == "nosniff"


def test_no_other_file_is_served(app: Flask) -> None:
    client = app.test_client()

    for name in ("swagger.svg", "docs_page.py", "..%2f__init__.py", "%2e%2e/errors.py"):
        answer = client.get(f"/docs/{name}")
        assert (answer.status_code, answer.json["code"]) == (404, "NOT_FOUND")


def test_the_page_can_be_switched_off(make_app: Any) -> None:
    client = make_app(DOVETAIL_CONTRACT_DOCS=False).test_client()

    assert client.get("/docs").status_code == 404
    assert client.get("/docs/docs_page.js").status_code == 404
    assert client.get("/openapi.json").status_code == 200


def test_without_the_extra_the_page_says_which_to_install(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    docs_page._folder.cache_clear()
    monkeypatch.setattr(docs_page, "find_spec", lambda name: None)
    page = app.test_client().get("/docs")
    monkeypatch.undo()
    docs_page._folder.cache_clear()

    assert page.status_code == 501
    assert "flask-dovetail[docs]" in page.text
    assert 'href="/openapi.json"' in page.text


def test_the_wheel_of_the_assets_is_never_imported(app: Flask) -> None:
    with app.test_client().get("/docs/swagger-ui.css") as file:
        assert file.status_code == 200
    assert "flask_openapi_swagger" not in sys.modules
    assert "flask_openapi" not in sys.modules
