"""`docs/realtime-processes.md` shows what we ship, and the fleet of these tests runs."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from support.fleet import DEPLOY, PAGE, THREADS, Unit

BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def blocks(kind: str) -> list[str]:
    return [text for found, text in BLOCK.findall(PAGE.read_text("utf-8")) if found == kind]


def commands() -> list[tuple[dict[str, str], list[str]]]:
    """Each line that starts gunicorn: what it sets, and the arguments."""
    found = []
    for line in "\n".join(blocks("sh")).splitlines():
        words = shlex.split(line)
        if "gunicorn" in words:
            at = words.index("gunicorn")
            found.append((dict(word.split("=", 1) for word in words[:at]), words[at + 1 :]))
    return found


def test_the_page_has_the_commands_that_the_units_start() -> None:
    equal, web, *sockets = commands()
    assert equal == ({}, shlex.split(THREADS))
    unit = Unit("dovetail-web.service")
    assert web == (unit.environment, unit.arguments)
    assert len(sockets) == 2
    for port, told in zip(("5001", "5002"), sockets, strict=True):
        unit = Unit("dovetail-sockets@.service", port)
        assert told == (unit.environment, unit.arguments)


def test_the_page_quotes_nginx_as_it_is_shipped() -> None:
    shipped = (DEPLOY / "nginx.conf").read_text("utf-8")
    quoted = blocks("nginx")
    assert len(quoted) == 2
    for text in quoted:
        assert text in shipped


def test_every_kind_of_block_on_the_page_is_looked_at() -> None:
    assert {kind for kind, _ in BLOCK.findall(PAGE.read_text("utf-8"))} == {"sh", "nginx"}


def test_every_file_that_is_shipped_is_on_the_page() -> None:
    page = PAGE.read_text("utf-8")
    for path in DEPLOY.iterdir():
        assert path.name in page or path.name == "__pycache__"


def test_the_ports_of_the_units_are_those_that_nginx_knows() -> None:
    shipped = (DEPLOY / "nginx.conf").read_text("utf-8")
    assert re.findall(r"server 127\.0\.0\.1:(\d+)", shipped) == ["5000", "5001", "5002"]
    assert Unit("dovetail-web.service").environment["PORT"] == "5000"
    unit = Path(DEPLOY / "dovetail-sockets@.service").read_text("utf-8")
    assert "dovetail-sockets@5001 dovetail-sockets@5002" in unit
