"""A process that is killed at any point leaves nothing half-visible, and nothing after a sweep."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from flask_dovetail import FilePolicy
from support.files_site import FilesSite, MakeSite, Visitor
from support.paths import TESTS

pytestmark = pytest.mark.long

QUOTA = 12
LATER = 2 * 86_400


Kill = Callable[..., None]


@pytest.fixture(scope="module")
def worker() -> Iterator[subprocess.Popen[str]]:
    """Starting Python for each kill would be most of the work."""
    with subprocess.Popen(
        [sys.executable, "-m", "support.files_worker"],
        cwd=TESTS,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield process


@pytest.fixture
def site(make_site: MakeSite) -> FilesSite:
    return make_site(policies={"file": FilePolicy(quota_bytes=QUOTA)})


@pytest.fixture
def kill(site: FilesSite, worker: subprocess.Popen[str]) -> Kill:
    """Let another process do that, until it dies before or after a call."""

    def kill(do: str, *, dies: str, after: bool, key: str = "") -> None:
        order = {
            "folder": site.app.instance_path,
            "config": {"DOVETAIL_DATABASE_URL": site.app.config["DOVETAIL_DATABASE_URL"]},
            "now": site.clock.now,
            "quota": QUOTA,
            "do": do,
            "dies": dies,
            "after": after,
            "key": key,
        }
        assert worker.stdin is not None
        assert worker.stdout is not None
        worker.stdin.write(f"{json.dumps(order)}\n")
        worker.stdin.flush()
        assert int(worker.stdout.readline()) == -signal.SIGKILL

    return kill


def at(*calls: str) -> Any:
    """Before and after each of these calls."""
    return pytest.mark.parametrize(
        ("dies", "after"),
        [(call, after) for call in calls for after in (False, True)],
        ids=lambda value: value if isinstance(value, str) else ("before", "after")[value],
    )


def assert_nothing_is_left(site: FilesSite) -> None:
    """When every time limit has passed and two sweeps have been."""
    for _ in range(2):
        site.clock.advance(LATER)
        assert site.sweep().failed == 0
    assert site.kept() == set()
    with site.files.engine().connect() as connection:
        for table in ("dovetail_uploads", "dovetail_files"):
            count = connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar()
            assert count == 0, table


@at("rows.reserve", "store.begin")
def test_killed_while_it_begins(site: FilesSite, kill: Kill, dies: str, after: bool) -> None:
    kill("presign", dies=dies, after=after)
    assert site.visitor().get("/files").json["items"] == []
    assert_nothing_is_left(site)


@at("store.assemble", "store.size", "rows.publish", "store.clean_up")
def test_killed_while_it_commits(site: FilesSite, kill: Kill, dies: str, after: bool) -> None:
    """The file is visible whole or not at all, and the client's next commit gives it."""
    ada = site.visitor()
    ticket = ada.sent(b"hello")
    kill("commit", dies=dies, after=after, key=ticket["key"])
    was_published = dies == "store.clean_up" or (dies == "rows.publish" and after)
    listed = ada.get("/files").json["items"]
    assert len(listed) == int(was_published)
    for file in listed:
        assert ada.read(file) == b"hello"

    committed = ada.commit(ticket)
    assert committed.status_code == 200
    assert ada.read(committed.json) == b"hello"
    assert len(ada.get("/files").json["items"]) == 1

    site.clock.advance(LATER)
    site.sweep()
    assert site.visitor().read(committed.json) == b"hello"
    assert len(site.kept()) == 1
    site.visitor().delete(f"/files/{committed.json['id']}")
    assert_nothing_is_left(site)


@at("store.assemble", "rows.publish")
def test_killed_while_it_commits_and_nobody_comes_back(
    site: FilesSite, kill: Kill, dies: str, after: bool
) -> None:
    ada = site.visitor()
    ticket = ada.sent(b"hello")
    kill("commit", dies=dies, after=after, key=ticket["key"])
    for file in ada.get("/files").json["items"]:
        assert ada.delete(f"/files/{file['id']}").status_code == 204
    assert_nothing_is_left(site)


@at("rows.end_upload", "store.discard")
def test_killed_while_it_calls_off(site: FilesSite, kill: Kill, dies: str, after: bool) -> None:
    ada = site.visitor()
    ticket = ada.sent(b"hello")
    kill("abort", dies=dies, after=after, key=ticket["key"])
    assert ada.delete(f"/files/upload/{ticket['key']}").status_code == 204
    assert ada.commit(ticket).status_code == 404
    assert_nothing_is_left(site)


@at("rows.hold", "store.save", "rows.publish_held")
def test_killed_while_the_server_stores_a_file_of_its_own(
    site: FilesSite, kill: Kill, dies: str, after: bool
) -> None:
    kill("store", dies=dies, after=after)
    ada = site.visitor()
    files = ada.get("/files").json["items"]
    assert len(files) == int(dies == "rows.publish_held" and after)
    for file in files:
        assert ada.read(file) == b"hello"
        assert ada.delete(f"/files/{file['id']}").status_code == 204
    assert_nothing_is_left(site)


@at(
    "rows.end_upload",
    "store.discard",
    "rows.forget_upload",
    "rows.claim_deleted",
    "store.delete",
    "rows.forget_file",
)
def test_killed_while_it_sweeps(site: FilesSite, kill: Kill, dies: str, after: bool) -> None:
    """The next sweep does the rest, and what is in use stays."""
    ada = site.visitor()
    used, deleted = ada.upload(b"used"), ada.upload(b"dele")
    ada.delete(f"/files/{deleted['id']}")
    called_off = ada.sent(b"off")
    ada.delete(f"/files/upload/{called_off['key']}")
    ada.sent(b"over")
    site.clock.advance(LATER)
    kill("sweep", dies=dies, after=after)
    again = site.visitor()
    assert [file["id"] for file in again.get("/files").json["items"]] == [used["id"]]
    site.clock.advance(LATER)
    assert site.sweep().failed == 0
    assert Visitor(site, "ada").read(used) == b"used"
    assert len(site.kept()) == 1
    Visitor(site, "ada").delete(f"/files/{used['id']}")
    assert_nothing_is_left(site)


def test_room_that_a_killed_process_took_is_free_again_after_its_time(
    site: FilesSite, kill: Kill
) -> None:
    kill("presign", dies="rows.reserve", after=True)
    ada = site.visitor()
    assert ada.presign(size=QUOTA - 5).status_code == 201
    assert ada.presign(size=1).json["code"] == "QUOTA_EXCEEDED"
    site.clock.advance(86_400)
    assert site.visitor().presign(size=QUOTA).status_code == 201
