"""What README and docs show really runs: the python blocks of a page, in one namespace."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from flask import Flask
from pydantic import BaseModel

from flask_dovetail import Identity
from support import readme
from support.paths import ROOT

PAGES = [ROOT / "README.md", ROOT / "README.ko.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\]\((?!https?://|#)([^)#]+)")


def an_existing_app(tmp_path: Path) -> dict[str, Any]:
    """What a reader has before the first block: an app, two callables, some data."""

    class Note(BaseModel):
        id: int
        text: str

    app = Flask("existing", instance_path=str(tmp_path))
    app.config.update(SECRET_KEY="a secret of at least thirty-two bytes", TESTING=True)
    people = {"1": Identity("1", scopes=("posts:write",))}

    def check_password(credentials: Any) -> Identity | None:
        known = credentials.password.get_secret_value() == "correct horse"
        return people["1"] if known else None

    return {
        "__name__": "documented",
        "app": app,
        "check_password": check_password,
        "load_user": people.get,
        "Note": Note,
        "notes": {1: Note(id=1, text="joined")},
    }


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_python_block_runs(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    module = ModuleType("documented")
    monkeypatch.setitem(sys.modules, module.__name__, module)  # pydantic looks names up there
    namespace = vars(module)
    namespace.update(an_existing_app(tmp_path))
    text = page.read_text("utf-8")
    for found in BLOCK.finditer(text):
        line = text.count("\n", 0, found.start()) + 1
        source = "\n" * line + found.group(1)
        exec(compile(source, str(page), "exec", dont_inherit=True), namespace)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    missing = [
        target
        for target in LINK.findall(page.read_text("utf-8"))
        if not (page.parent / target).exists()
    ]
    assert missing == []


def test_readmes_of_both_languages_show_the_same_files_and_commands() -> None:
    """`packages/test_readme.py` runs those of one."""
    assert readme.files("README.ko.md") == readme.files("README.md")
    assert readme.commands("README.ko.md") == readme.commands("README.md")


def test_a_few_lines_are_an_app_with_a_guarded_typed_view(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    source = readme.files()["app.py"]
    assert len([line for line in source.splitlines()[1:] if line.strip()]) <= 13
    namespace: dict[str, Any] = {"__name__": "documented"}
    exec(source, namespace)

    browser = namespace["app"].test_client()
    origin = {"Origin": "http://localhost:5173"}
    refused = browser.get("/api/hello", headers=origin)
    assert (refused.status_code, refused.json["code"]) == (401, "UNAUTHENTICATED")
    assert refused.headers["Access-Control-Allow-Origin"] == "http://localhost:5173"

    csrf = browser.get("/api/csrf-token", headers=origin).json["csrf"]
    signed_in = browser.post(
        "/auth/login",
        headers=origin | {"X-CSRF-Token": csrf},
        json={"email": "a@example.com", "password": "correct horse"},
    )
    assert signed_in.status_code == 200
    assert browser.get("/api/hello", headers=origin).json == "You are signed in."
    paths = browser.get("/openapi.json").json["paths"]
    assert "401" in paths["/api/hello"]["get"]["responses"]
