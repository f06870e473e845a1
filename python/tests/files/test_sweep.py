"""The sweep: what nobody comes back for goes, and nothing else does."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from sqlalchemy.exc import OperationalError

from support.files_site import FilesSite, MakeSite, Visitor


@pytest.fixture
def site(make_any_site: MakeSite) -> FilesSite:
    return make_any_site()


def count(site: FilesSite, table: str) -> int:
    with site.files.engine().connect() as connection:
        found = connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar()
    assert found is not None
    return int(found)


def test_an_expired_upload_goes_with_its_bytes(site: FilesSite) -> None:
    ticket = site.visitor().sent()
    site.clock.advance(86_399)
    assert site.sweep() == (0, 0, 0)
    assert len(site.kept()) == 2
    site.clock.advance(1)
    assert site.sweep() == (1, 0, 0)
    assert site.kept() == set()
    assert site.visitor().commit(ticket).status_code == 404


def test_a_deleted_file_goes_when_it_can_no_longer_be_restored(site: FilesSite) -> None:
    ada = site.visitor()
    file, kept = ada.upload(b"goes"), ada.upload(b"stays")
    ada.delete(f"/files/{file['id']}")
    site.clock.advance(600)
    assert site.sweep() == (0, 0, 0)
    site.clock.advance(1)
    assert site.sweep() == (0, 1, 0)
    assert ada.post(f"/files/{file['id']}/restore").status_code == 404
    assert len(site.kept() - {"uploads"}) == 1
    assert ada.read(kept) == b"stays"
    assert count(site, "dovetail_files") == 1


def test_the_row_of_an_ended_upload_waits_until_no_address_of_it_can_live(site: FilesSite) -> None:
    """Bytes that come late, to a store that knows no rows, are found by it."""
    ada = site.visitor()
    ada.upload()
    ada.delete(f"/files/upload/{ada.begin()['key']}")
    site.clock.advance(900 + 3600)
    site.sweep()
    assert count(site, "dovetail_uploads") == 2
    site.clock.advance(1)
    site.sweep()
    assert count(site, "dovetail_uploads") == 0
    assert len(site.kept()) == 1


def test_late_bytes_are_dropped_with_the_row(
    site: FilesSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file loses only the leftovers of its upload; an upload without a file loses everything."""
    ada = site.visitor()
    committed, called_off = ada.sent(), ada.sent()
    ada.commit(committed)
    ada.delete(f"/files/upload/{called_off['key']}")
    told: list[tuple[str, str]] = []
    for name in ("clean_up", "discard"):
        monkeypatch.setattr(
            site.files.store, name, lambda upload, name=name: told.append((name, upload.key))
        )
    site.clock.advance(5000)
    site.sweep()
    assert sorted(told) == [("clean_up", committed["key"]), ("discard", called_off["key"])]


def test_undroppable_item_does_not_stop_the_sweep(
    site: FilesSite, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    ada = site.visitor()
    stuck, free = ada.sent(), ada.sent()
    site.clock.advance(86_400)
    discard = site.files.store.discard

    def fail(upload: Any) -> None:
        if upload.key == stuck["key"]:
            raise OSError("The disk is not what it was.")
        discard(upload)

    with monkeypatch.context() as patched:
        patched.setattr(site.files.store, "discard", fail)
        assert site.sweep() == (1, 0, 1)
    assert not any(free["key"] in path for path in site.kept())
    assert any(stuck["key"] in path for path in site.kept())
    assert "dropping a file" in str([vars(record) for record in caplog.records])
    site.clock.advance(5000)
    assert site.sweep().failed == 0
    assert site.kept() == set()


def test_more_than_one_batch_is_swept(site: FilesSite) -> None:
    visitors = [site.visitor("ada"), site.visitor("bob")]
    for number in range(101):
        visitors[number % 2].begin(b"")
    site.clock.advance(86_400)
    assert site.sweep() == (101, 0, 0)
    assert site.kept() == set()


def test_several_processes_may_sweep_at_once(site: FilesSite) -> None:
    ada = site.visitor()
    for number in range(20):
        file = ada.upload()
        ada.sent()
        if number % 2:
            ada.delete(f"/files/{file['id']}")
    site.clock.advance(86_400)
    with ThreadPoolExecutor(4) as pool:
        swept = list(pool.map(lambda _: site.sweep(), range(4)))
    assert sum(each.uploads for each in swept) == 20
    assert [each.failed for each in swept] == [0] * 4
    assert len(site.kept()) == 10
    assert count(site, "dovetail_files") == 10
    assert all(ada.read(file) == b"hello" for file in site.visitor().get("/files").json["items"])


@pytest.mark.parametrize("how_far", ["claimed", "done"])
def test_sweep_and_restore_race_has_one_winner(
    site: FilesSite, monkeypatch: pytest.MonkeyPatch, how_far: str
) -> None:
    """A restore that has read the file before the sweep took it restores nothing."""
    ada = site.visitor()
    file = ada.upload()
    ada.delete(f"/files/{file['id']}")
    rows = site.files.rows
    find = rows.find_deleted

    def find_then_sweep(file_id: str, *, since: int) -> Any:
        found = find(file_id, since=since)
        site.clock.advance(601)
        if how_far == "claimed":
            rows.claim_deleted(before=int(site.clock()) - 600, limit=10)
        else:
            site.sweep()
        return found

    monkeypatch.setattr(rows, "find_deleted", find_then_sweep)
    assert ada.post(f"/files/{file['id']}/restore").status_code == 404
    assert ada.get("/files").json["items"] == []
    site.sweep()
    assert site.kept() == set()


def test_an_upload_that_is_swept_while_it_is_committed_becomes_no_file(
    site: FilesSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = site.visitor().sent()
    site.clock.advance(86_399)
    ada = site.visitor()
    publish = site.files.rows.publish

    def sweep_then_publish(*args: Any) -> bool:
        site.clock.advance(1)
        site.sweep()
        return publish(*args)

    monkeypatch.setattr(site.files.rows, "publish", sweep_then_publish)
    assert ada.commit(ticket).status_code == 404
    assert ada.get("/files").json["items"] == []
    assert site.kept() == set()


def test_a_database_that_is_away_ends_the_sweep_and_is_told_once(
    site: FilesSite, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    ada = site.visitor()
    for _ in range(3):
        ada.begin()
    site.clock.advance(86_400)
    away = OperationalError("SELECT 1", None, psycopg.errors.AdminShutdown())

    def fail(*_: object, **__: object) -> None:
        raise away

    monkeypatch.setattr(site.files.rows, "end_upload", fail)
    assert site.sweep() == (0, 0, 1)
    assert [record.getMessage() for record in caplog.records if record.exc_info] == [
        "store out of reach"
    ]


def test_many_deleted_files_are_claimed_batch_by_batch(
    site: FilesSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flask_dovetail.files.sweep.BATCH", 2)
    ada = site.visitor()
    for _ in range(5):
        ada.delete(f"/files/{ada.upload()['id']}")
    site.clock.advance(601)
    assert site.sweep() == (0, 5, 0)


def test_the_command_line_sweeps_and_says_what_went(make_site: MakeSite) -> None:
    from flask_dovetail.files import commands

    site = make_site()
    ada: Visitor = site.visitor()
    file = ada.upload()
    ada.delete(f"/files/{file['id']}")
    ada.sent()
    site.clock.advance(86_400)
    site.app.cli.add_command(commands)
    told = site.app.test_cli_runner().invoke(args=["files", "sweep"])
    assert told.exit_code == 0, told.output
    assert [line.split() for line in told.output.splitlines()] == [
        ["name", "dropped", "failed"],
        ["uploads", "1", "0"],
        ["files", "1", "0"],
    ]


def test_the_command_line_says_when_something_could_not_be_dropped(
    make_site: MakeSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    from flask_dovetail.files import commands

    site = make_site()
    site.visitor().sent()
    site.clock.advance(86_400)

    def fail(_: object) -> None:
        raise OSError

    monkeypatch.setattr(site.files.store, "discard", fail)
    site.app.cli.add_command(commands)
    told = site.app.test_cli_runner().invoke(args=["files", "sweep"])
    assert told.exit_code == 1
    assert ["uploads", "0", "1"] in [line.split() for line in told.stdout.splitlines()]


def test_rules_for_other_origins_are_for_buckets_only(make_site: MakeSite) -> None:
    from flask_dovetail.files import commands

    site = make_site()
    site.app.cli.add_command(commands)
    told = site.app.test_cli_runner().invoke(args=["files", "cors"])
    assert told.exit_code != 0
    assert "DOVETAIL_FILES_STORE" in str(told.exception)
