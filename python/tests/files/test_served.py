"""Files from the application's own code."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import flask_dovetail
from flask_dovetail import (
    DovetailError,
    FilePolicy,
    delete_file,
    find_file,
    open_file,
    store_file,
)
from flask_dovetail.files import Missing
from flask_dovetail.files.stores.store import NoSpace
from flask_dovetail.problems import StorageFull
from support.files_site import FilesSite, MakeSite, sha256

NOTE: dict[str, Any] = {
    "name": "note.txt",
    "content_type": "text/plain",
    "owner": "ada",
    "purpose": "file",
}


@pytest.mark.parametrize("content", [b"", b"hello", bytes(3 * 1024 * 1024)], ids=len)
@pytest.mark.parametrize("as_stream", [False, True], ids=["bytes", "stream"])
def test_stored_file_is_a_file_like_others(
    make_any_site: MakeSite, content: bytes, as_stream: bool
) -> None:
    site = make_any_site()
    with site.inside():
        file = store_file(io.BytesIO(content) if as_stream else content, **NOTE)
        assert (file.size, file.sha256) == (len(content), sha256(content))
        assert find_file(file.id) == file
        with open_file(file) as opened:
            assert opened.read() == content
    ada = site.visitor()
    assert [each["id"] for each in ada.get("/files").json["items"]] == [file.id]
    assert ada.get("/files/upload").json["items"] == []


def test_no_policy_is_asked_about_what_the_application_does(make_site: MakeSite) -> None:
    """A purpose that nobody may upload for is for what the server makes."""

    def never(*_: object) -> bool:
        raise AssertionError("asked")

    policy = FilePolicy(
        max_bytes=0, quota_bytes=0, types=(), may_upload=never, may_delete=never, may_read=never
    )
    with make_site(policies={"file": policy}).inside():
        file = store_file(b"hello", **NOTE)
        assert delete_file(file)
        assert not delete_file(file)
        assert find_file(file.id) is None


def test_the_bytes_of_a_deleted_file_go_with_the_sweep(site: FilesSite) -> None:
    with site.inside():
        file = store_file(b"hello", **NOTE)
        delete_file(file)
        site.clock.advance(601)
        site.sweep()
        with pytest.raises(Missing):
            open_file(file)
    assert site.kept() == set()


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "../x"},
        {"name": ""},
        {"content_type": "nonsense"},
        {"owner": ""},
        {"owner": "a" * 256},
        {"purpose": "unknown"},
    ],
    ids=repr,
)
def test_a_file_that_could_not_be_served_is_not_stored(
    site: FilesSite, wrong: dict[str, str]
) -> None:
    with site.inside(), pytest.raises(DovetailError, match="store_file"):
        store_file(b"hello", **NOTE | wrong)
    assert site.kept() == set()


def test_a_source_that_fails_leaves_nothing(site: FilesSite) -> None:
    class Broken(io.RawIOBase):
        def readable(self) -> bool:
            return True

        def readinto(self, buffer: Any, /) -> int:
            if self.tells:
                self.tells = False
                return len(buffer)
            raise ZeroDivisionError

        tells = True

    with site.inside() as known:
        with pytest.raises(ZeroDivisionError):
            store_file(Broken(), **NOTE)  # type: ignore[arg-type]
        assert known.rows.list_files("ada", purpose=None, after=None, limit=9) == []
    assert site.kept() == set()
    site.clock.advance(10_000)
    assert site.sweep() == (0, 0, 0)


def test_a_full_store_is_a_problem(site: FilesSite, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise NoSpace

    monkeypatch.setattr(site.files.store, "save", full)
    with site.inside(), pytest.raises(StorageFull):
        store_file(b"hello", **NOTE)


@pytest.mark.parametrize("swept", [False, True], ids=["before the sweep", "after it"])
def test_a_file_that_took_longer_than_the_sweep_waits_is_not_stored(
    site: FilesSite, monkeypatch: pytest.MonkeyPatch, swept: bool
) -> None:
    """A sweep may have looked at its row already, and be about to drop the bytes."""
    save = site.files.store.save

    def slow(*arguments: Any) -> int:
        site.clock.advance(5000)
        size = save(*arguments)
        if swept:
            site.sweep()
        return size

    monkeypatch.setattr(site.files.store, "save", slow)
    with site.inside(), pytest.raises(DovetailError, match="hour"):
        store_file(b"hello", **NOTE)
    assert site.kept() == set()


def test_two_apps_of_one_process_do_not_see_each_others_files(make_site: MakeSite) -> None:
    first, second = make_site(), make_site()
    with first.inside():
        file = store_file(b"hello", **NOTE)
    with second.inside():
        assert find_file(file.id) is None
    assert second.visitor("ada").get("/files").json["items"] == []


def test_a_forked_process_opens_a_store_of_its_own(
    site: FilesSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No lock that another thread held at the fork, and no connection, is shared."""
    here = site.files.store
    assert site.files.store is here
    monkeypatch.setattr("os.getpid", lambda: -1)
    assert site.files.store is not here


def test_names_of_files_cost_nobody_who_has_none(tmp_path: Path) -> None:
    program = """
import sys
import flask_dovetail
assert not [name for name in sys.modules if name.startswith("flask_dovetail.files")]
from flask_dovetail import FilePolicy
assert "flask_dovetail.files" in sys.modules
assert not {"sqlalchemy", "boto3"} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", program], check=True, cwd=tmp_path)


def test_a_name_that_is_not_there_is_told_as_by_any_module() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = flask_dovetail.nothing  # type: ignore[attr-defined]


def test_unrestorable_delete_drops_the_bytes_at_once(make_any_site: MakeSite) -> None:
    """If the store is out of reach, the file is hidden all the same, and the sweep drops it."""
    site = make_any_site()
    with site.inside() as known:
        first, second = (store_file(b"hello", **NOTE) for _ in range(2))
        assert delete_file(first, restorable=False)
        assert not delete_file(first, restorable=False)
        assert find_file(first.id) is None
        assert len(site.kept()) == 1
        with pytest.MonkeyPatch.context() as away:
            away.setattr(known.store, "delete", lambda _key: 1 / 0)
            assert delete_file(second, restorable=False)
        assert find_file(second.id) is None
        assert len(site.kept()) == 1
        site.sweep()
        assert site.kept() == set()
