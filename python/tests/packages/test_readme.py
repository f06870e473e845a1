"""The README as a new user follows it: an empty directory, the two packages, and its own lines."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest

from support import readme
from support.packages import NODE, environment, environment_without_ours, project, run
from support.paths import ROOT

pytestmark = pytest.mark.long

FLASK, PAGE = "http://localhost:5000", "http://localhost:5173"

IN_CHROMIUM = """\
import { chromium } from "playwright-core";
import { findChromium } from "./chromium.ts";

const { executablePath, env, args } = await findChromium();
const browser = await chromium.launch({ executablePath, env, args });
const page = await browser.newPage();
const errors = [];
page.on("pageerror", (error) => errors.push(String(error)));
await page.goto(process.env.PAGE);
async function signIn(password) {
  await page.fill("[name=email]", "ada@example.com");
  await page.fill("[name=password]", password);
  await page.locator("output").evaluate((output) => { output.textContent = ""; });
  await page.click("button");
  await page.waitForFunction(() => document.querySelector("output").textContent !== "");
  return page.textContent("output");
}
const shown = [await signIn("wrong horse"), await signIn("correct horse")];
console.log(JSON.stringify({ shown, errors }));
await browser.close();
"""


@contextmanager
def running(command: str, folder: Path, path: str, address: str) -> Iterator[None]:
    """Run a server that a user starts in a terminal, until it answers at `address`."""
    port = int(address.rsplit(":", 1)[1])
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port))  # the README says it: nothing else may have it
    log = folder / f"{port}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command.split(),
            cwd=folder,
            env=environment_without_ours() | {"PATH": path},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        deadline = time.monotonic() + 30
        while not answers(address):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)
        yield
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=10)


def answers(address: str) -> bool:
    try:
        httpx.get(address, trust_env=False)
    except httpx.TransportError:
        return False
    return True


def test_its_lines_give_a_page_that_signs_in(wheel: Path, tarball: Path, tmp_path: Path) -> None:
    """Nothing is replaced but the two packages, which are not published yet."""
    pip, npm, flask, types, vite = readme.commands()
    assert pip == "pip install 'flask-dovetail[docs]'"
    assert npm == "npm install flask-dovetail vite"
    python = environment(tmp_path, f"{wheel}[docs]")
    folder = project(tmp_path / "empty", tarball, "vite@8.4.0", "typescript@7.0.2", type="commonjs")
    readme.write_files(folder)
    path = f"{python.parent}{os.pathsep}{NODE}{os.pathsep}{os.environ['PATH']}"

    with ExitStack() as stack:
        stack.enter_context(running(flask, folder, path, FLASK))
        run(*types.split(), cwd=folder)
        assert '"/api/hello"' in (folder / "schema.d.ts").read_text()
        checked = ("--strict", "--noEmit", "--module", "esnext", "--moduleResolution", "bundler")
        options = ("--target", "es2022", "--lib", "es2022,dom,dom.iterable,dom.asynciterable")
        run("npx", "tsc", *checked, *options, "--skipLibCheck", "main.ts", cwd=folder)
        stack.enter_context(running(vite, folder, path, PAGE))
        signs_in_over_http()
        printed = run(
            *("node", "--input-type=module", "--eval", IN_CHROMIUM), cwd=ROOT / "e2e", PAGE=PAGE
        )
    assert json.loads(printed) == {
        "shown": ["The credentials do not match an account", "You are signed in."],
        "errors": [],
    }


def signs_in_over_http() -> None:
    """As the page does, across its two origins."""
    with httpx.Client(base_url=FLASK, headers={"Origin": PAGE}, trust_env=False) as browser:
        assert browser.get("/api/hello").status_code == 401
        browser.headers["X-CSRF-Token"] = browser.get("/api/csrf-token").json()["csrf"]
        body = {"email": "ada@example.com", "password": "correct horse"}
        answer = browser.post("/auth/login", json=body)
        assert answer.status_code == 200, answer.text
        assert answer.headers["Access-Control-Allow-Origin"] == PAGE
        assert browser.get("/api/hello").json() == "You are signed in."
        assert browser.get("/docs", follow_redirects=True).status_code == 200
