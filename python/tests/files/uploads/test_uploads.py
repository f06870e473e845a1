"""Uploads: announced, found again, called off, and over after their time."""

from __future__ import annotations

import re
import secrets
import shutil
from typing import Any

import pytest

from flask_dovetail import FilePolicy, Identity, Upload
from flask_dovetail.files.stores.store import NoSpace
from flask_dovetail.problems import Problem, ServiceUnavailable
from support.files_site import FilesSite, MakeSite, Visitor, sha256

PART = 64 * 1024
SMALL_PARTS = {"DOVETAIL_FILES_PART_BYTES": PART}


def test_a_ticket_says_where_each_part_goes_and_until_when(make_site: MakeSite) -> None:
    ada = make_site(**SMALL_PARTS).visitor()
    content = secrets.token_bytes(2 * PART + 1)
    ticket = ada.begin(content, name="a.bin", content_type="application/octet-stream")
    assert re.fullmatch(r"[A-Za-z0-9_-]{32}", ticket["key"])
    assert (ticket["name"], ticket["content_type"]) == ("a.bin", "application/octet-stream")
    assert (ticket["size"], ticket["purpose"], ticket["method"]) == (len(content), "file", "PUT")
    assert (ticket["part_size"], ticket["part_count"], ticket["arrived"]) == (PART, 3, [])
    assert [(part["number"], part["size"]) for part in ticket["parts"]] == [
        (1, PART),
        (2, PART),
        (3, 1),
    ]
    assert ticket["urls_expire_at"] == "2027-01-15T08:15:00Z"
    assert ticket["expires_at"] == "2027-01-16T08:00:00Z"


def test_an_upload_goes_on_from_what_has_arrived(make_site: MakeSite) -> None:
    ada = make_site(**SMALL_PARTS).visitor()
    content = secrets.token_bytes(3 * PART)
    begun = ada.begin(content, content_type="application/octet-stream")
    assert ada.put(begun["parts"][1], content[PART : 2 * PART]).status_code == 204
    found = ada.get(f"/files/upload/{begun['key']}").json
    assert found["arrived"] == [2]
    assert [part["number"] for part in found["parts"]] == [1, 3]
    ada.send(found, content)
    assert ada.get(f"/files/upload/{begun['key']}").json["parts"] == []
    file = ada.commit(begun).json
    assert ada.read(file) == content


def test_addresses_come_in_hundreds(make_site: MakeSite) -> None:
    """A file of many parts does not make a ticket of many megabytes."""
    ada = make_site(**SMALL_PARTS).visitor()
    ticket = ada.begin(size=250 * PART)
    assert [part["number"] for part in ticket["parts"]] == list(range(1, 101))


def test_there_are_never_more_parts_than_s3_takes(
    make_site: MakeSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(0, 0, 2**60))
    policy = FilePolicy(max_bytes=2**36, quota_bytes=2**36)
    ada = make_site(policies={"file": policy}, **SMALL_PARTS).visitor()
    ticket = ada.begin(size=2**36)
    assert ticket["part_count"] <= 10_000
    assert ticket["part_size"] * ticket["part_count"] >= 2**36
    assert ticket["part_size"] % (1024 * 1024) == 0


def test_four_gigabytes_less_one_byte_are_counted_right(
    site: FilesSite, ada: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last part lies beyond what 32 bits with a sign can count, and ends where they all end."""
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(0, 0, 2**60))
    begun = ada.begin(size=2**32 - 1, content_type="application/octet-stream")
    assert begun["part_count"] == 512
    for part in range(1, 512):  # as if they had come: it is the last one that this is about
        assert part in [each["number"] for each in begun["parts"]] or part > 100
    with site.inside() as known:
        upload = known.rows.find_upload(begun["key"], "ada")
        assert upload is not None
        last = upload.part_length(512)
        assert last == 8 * 1024 * 1024 - 1
        parts = known.store.part_urls(upload, [512], _ticket(site))
    content = bytes(last)
    assert ada.put(parts[0]._asdict(), content).status_code == 204
    assert ada.get(f"/files/upload/{begun['key']}").json["arrived"] == [512]
    data = site.files.folder / "uploads" / f"{begun['key']}.data"
    assert data.stat().st_size == 2**32 - 1
    refused = ada.commit(begun)
    assert (refused.status_code, refused.json["code"]) == (409, "UPLOAD_INCOMPLETE")
    assert refused.json["missing"] == list(range(1, 512))


def _ticket(site: FilesSite) -> Any:
    from flask_dovetail.files.stores.store import Ticket

    with site.inside():
        from flask_dovetail import list_logins

        (login,) = list_logins("ada")
    return Ticket("ada", login.id, int(site.clock()) + 60)


def test_a_file_of_no_bytes_has_one_empty_part(ada: Visitor) -> None:
    ticket = ada.begin(b"")
    assert (ticket["part_count"], [part["size"] for part in ticket["parts"]]) == (1, [0])
    early = ada.commit(ticket)
    assert (early.json["code"], early.json["missing"]) == ("UPLOAD_INCOMPLETE", [1])
    ada.send(ticket, b"")
    file = ada.commit(ticket).json
    assert (file["size"], file["sha256"]) == (0, sha256(b""))
    assert ada.read(file) == b""


def test_unfinished_uploads_are_found_by_the_clients_own_mark(
    site: FilesSite, ada: Visitor
) -> None:
    first = ada.begin(fingerprint="mark-1")
    site.clock.advance(1)
    second = ada.begin(fingerprint="mark-2", name="second.txt", purpose="other")
    every = ada.get("/files/upload").json["items"]
    assert [each["key"] for each in every] == [second["key"], first["key"]]
    (found,) = ada.get("/files/upload?fingerprint=mark-2").json["items"]
    assert found == {
        "key": second["key"],
        "name": "second.txt",
        "content_type": "text/plain",
        "size": 5,
        "purpose": "other",
        "fingerprint": "mark-2",
        "created_at": "2027-01-15T08:00:01Z",
        "expires_at": "2027-01-16T08:00:01Z",
    }
    assert ada.get("/files/upload?fingerprint=none").json["items"] == []


def test_ended_uploads_are_not_listed_as_unfinished(site: FilesSite, ada: Visitor) -> None:
    ada.upload()
    ada.delete(f"/files/upload/{ada.begin()['key']}")
    assert ada.get("/files/upload").json["items"] == []
    ada.begin()
    site.clock.advance(86_400)
    assert site.visitor().get("/files/upload").json["items"] == []


def test_only_a_hundred_unfinished_uploads_are_listed(make_site: MakeSite) -> None:
    ada = make_site(DOVETAIL_FILES_UPLOADS_PER_PERSON=101).visitor()
    for _ in range(101):
        ada.begin()
    assert len(ada.get("/files/upload").json["items"]) == 100


def test_an_upload_of_somebody_else_is_not_there(ada: Visitor, bob: Visitor) -> None:
    ticket = ada.begin(fingerprint="mark")
    answer = bob.get(f"/files/upload/{ticket['key']}")
    assert (answer.status_code, answer.json["code"]) == (404, "NOT_FOUND")
    assert bob.get("/files/upload?fingerprint=mark").json["items"] == []
    assert bob.delete(f"/files/upload/{ticket['key']}").status_code == 204
    assert ada.get(f"/files/upload/{ticket['key']}").status_code == 200


def test_calling_an_upload_off_drops_what_has_arrived_at_once(
    site: FilesSite, ada: Visitor
) -> None:
    ticket = ada.sent()
    assert site.kept() != {"dovetail.sqlite3"}
    for _ in range(2):
        assert ada.delete(f"/files/upload/{ticket['key']}").status_code == 204
    assert site.kept() == set()
    assert ada.get(f"/files/upload/{ticket['key']}").status_code == 404
    assert ada.commit(ticket).status_code == 404
    late = ada.put(ticket["parts"][0], b"hello")
    assert (late.status_code, late.json["code"]) == (404, "NOT_FOUND")
    assert site.kept() == set()


def test_an_upload_has_a_time_limit(site: FilesSite, ada: Visitor) -> None:
    ticket = ada.sent()
    site.clock.advance(86_399)
    again = site.visitor()
    found = again.get(f"/files/upload/{ticket['key']}").json
    assert found["urls_expire_at"] == found["expires_at"]  # no address outlives its upload
    site.clock.advance(1)
    for answer in (again.get(f"/files/upload/{ticket['key']}"), again.commit(ticket)):
        assert (answer.status_code, answer.json["code"]) == (410, "UPLOAD_EXPIRED")
    assert again.delete(f"/files/upload/{ticket['key']}").status_code == 204
    assert site.kept() == set()


def test_a_committed_upload_is_no_upload_any_more(ada: Visitor) -> None:
    ticket = ada.sent()
    file = ada.commit(ticket).json
    assert ada.get(f"/files/upload/{ticket['key']}").status_code == 404
    assert ada.delete(f"/files/upload/{ticket['key']}").status_code == 204
    assert ada.read(file) == b"hello"


@pytest.mark.parametrize(
    ("announced", "place"),
    [
        ({"name": ""}, "/body/name"),
        ({"name": "."}, "/body/name"),
        ({"name": ".."}, "/body/name"),
        ({"name": "../../etc/passwd"}, "/body/name"),
        ({"name": "..\\..\\boot.ini"}, "/body/name"),
        ({"name": "a\x00.txt"}, "/body/name"),
        ({"name": "a\r\nSet-Cookie: sid=1"}, "/body/name"),
        ({"name": "\x7f"}, "/body/name"),
        ({"name": "\x85.txt"}, "/body/name"),
        ({"name": "\u202efdp.exe"}, "/body/name"),
        ({"name": "a\ud800"}, None),
        ({"name": "a" * 256}, "/body/name"),
        ({"name": "\u0301" * 100_000}, "/body/name"),
        ({"name": 5}, "/body/name"),
        ({"content_type": "nonsense"}, "/body/content_type"),
        ({"content_type": ""}, "/body/content_type"),
        ({"content_type": "text/plain\r\nX-Evil: 1"}, "/body/content_type"),
        ({"content_type": "a/" + "b" * 200}, "/body/content_type"),
        ({"size": -1}, "/body/size"),
        ({"size": 1.5}, "/body/size"),
        ({"size": 2**53}, "/body/size"),
        ({"size": 10**400}, None),
        ({"size": None}, "/body/size"),
        ({"sha256": "0" * 63}, "/body/sha256"),
        ({"sha256": "A" * 64}, "/body/sha256"),
        ({"sha256": "0" * 64 + "\n"}, "/body/sha256"),
        ({"purpose": "nothing we know"}, "/body/purpose"),
        ({"purpose": ""}, "/body/purpose"),
        ({"fingerprint": ""}, "/body/fingerprint"),
        ({"fingerprint": "a" * 65}, "/body/fingerprint"),
        ({"fingerprint": "a b"}, "/body/fingerprint"),
        ({"fingerprint": "a\n"}, "/body/fingerprint"),
        ({"key": "mine"}, "/body/key"),
        ({"owner": "bob"}, "/body/owner"),
        ({"part_size": 1}, "/body/part_size"),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_a_bad_announcement_is_refused_with_its_place(
    site: FilesSite, ada: Visitor, announced: dict[str, Any], place: str | None
) -> None:
    refused = ada.presign(**announced)
    assert refused.status_code in (400, 422)
    if place is not None:
        assert refused.json["code"] == "VALIDATION_FAILED"
        assert place in [error["pointer"] for error in refused.json["errors"]]
    assert ada.get("/files/upload").json["items"] == []
    assert site.kept() == set()


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("보고서 2026.pdf", "보고서 2026.pdf"),
        ("e\u0301te\u0301.txt", "été.txt"),
        ("👩‍🚀.png", "👩‍🚀.png"),
        (".gitignore", ".gitignore"),
        ("CON", "CON"),
        ("a;b\"c'd%e.txt", "a;b\"c'd%e.txt"),
        ("<script>.txt", "<script>.txt"),
        ("a" * 255, "a" * 255),
        ("가" * 255, "가" * 255),
    ],
)
def test_a_name_of_any_script_is_kept_in_its_composed_form(
    ada: Visitor, name: str, kept: str
) -> None:
    assert ada.upload(name=name)["name"] == kept


def test_a_content_type_is_kept_in_its_normal_form(ada: Visitor) -> None:
    assert ada.begin(content_type="Text/Plain; charset=UTF-8")["content_type"] == "text/plain"


def test_too_large_a_file_is_refused_with_the_limit(make_site: MakeSite) -> None:
    ada = make_site(policies={"file": FilePolicy(max_bytes=5)}).visitor()
    assert ada.presign(size=5).status_code == 201
    refused = ada.presign(size=6)
    assert (refused.status_code, refused.json["code"]) == (413, "FILE_TOO_LARGE")
    assert refused.json["max_bytes"] == 5


def test_a_type_that_the_policy_does_not_take_is_refused_with_those_it_takes(
    make_site: MakeSite,
) -> None:
    ada = make_site(policies={"file": FilePolicy(types=("image/*", "text/plain"))}).visitor()
    for content_type in ("image/png", "text/plain", "TEXT/plain; x=y"):
        assert ada.presign(content_type=content_type).status_code == 201
    refused = ada.presign(content_type="text/html")
    assert (refused.status_code, refused.json["code"]) == (422, "FILE_TYPE_NOT_ALLOWED")
    assert refused.json["types"] == ["image/*", "text/plain"]


def test_the_application_says_who_may_upload_what(make_site: MakeSite) -> None:
    asked: list[tuple[str, str]] = []

    def may_upload(upload: Upload, identity: Identity) -> bool:
        asked.append((upload.name, identity.subject))
        return identity.subject == "ada"

    site = make_site(policies={"file": FilePolicy(may_upload=may_upload)})
    assert site.visitor("ada").presign().status_code == 201
    refused = site.visitor("bob").presign()
    assert (refused.status_code, refused.json["code"]) == (403, "FORBIDDEN")
    assert asked == [("note.txt", "ada"), ("note.txt", "bob")]


class NotOnSundays(Problem, code="NOT_ON_SUNDAYS", status=409, title="Not on Sundays"):
    """The application has a rule of its own."""


def test_a_policy_refuses_with_a_problem_of_the_applications_own(make_site: MakeSite) -> None:
    def may_upload(upload: Upload, identity: Identity) -> bool:
        raise NotOnSundays

    policy = FilePolicy(may_upload=may_upload, problems=(NotOnSundays,))
    site = make_site(policies={"file": policy})
    refused = site.visitor().presign()
    assert (refused.status_code, refused.json["code"]) == (409, "NOT_ON_SUNDAYS")
    paths = site.stranger().get("/openapi.json").json["paths"]
    described = str(paths["/files/upload/presign"]["post"]["responses"]["409"])
    assert "NOT_ON_SUNDAYS" in described


def test_strangers_are_refused_everywhere(site: FilesSite, ada: Visitor) -> None:
    file = ada.upload()
    key = ada.begin()["key"]
    for method, path in (
        ("POST", "/files/upload/presign"),
        ("GET", "/files/upload"),
        ("GET", f"/files/upload/{key}"),
        ("DELETE", f"/files/upload/{key}"),
        ("POST", "/files/upload/commit"),
        ("GET", "/files"),
        ("GET", f"/files/{file['id']}"),
        ("DELETE", f"/files/{file['id']}"),
        ("POST", f"/files/{file['id']}/restore"),
    ):
        refused = site.stranger().open(path, method=method)
        assert (refused.status_code, refused.json["code"]) == (401, "UNAUTHENTICATED"), path


def test_no_other_site_begins_or_commits_an_upload(site: FilesSite, ada: Visitor) -> None:
    ticket = ada.sent()
    for path, body in (
        ("/files/upload/presign", {"name": "a", "content_type": "a/b", "size": 0}),
        ("/files/upload/commit", {"key": ticket["key"]}),
    ):
        forged = ada.client.post(path, json=body, headers={"Origin": "https://evil.example"})
        assert (forged.status_code, forged.json["code"]) == (403, "ORIGIN_NOT_ALLOWED")
        without = ada.client.post(path, json=body)
        assert (without.status_code, without.json["code"]) == (403, "CSRF_FAILED")


@pytest.mark.parametrize(
    ("failure", "status", "code"),
    [(NoSpace, 507, "STORAGE_FULL"), (ServiceUnavailable, 503, "SERVICE_UNAVAILABLE")],
)
def test_a_store_that_cannot_begin_leaves_the_owner_all_the_room(
    make_site: MakeSite,
    monkeypatch: pytest.MonkeyPatch,
    failure: type[Exception],
    status: int,
    code: str,
) -> None:
    site = make_site(policies={"file": FilePolicy(quota_bytes=5)})
    ada = site.visitor()

    def fail(_: Upload) -> str:
        raise failure

    with monkeypatch.context() as patched:
        patched.setattr(site.files.store, "begin", fail)
        refused = ada.presign()
    assert (refused.status_code, refused.json["code"]) == (status, code)
    assert ada.get("/files/upload").json["items"] == []
    assert ada.upload()["size"] == 5


def test_the_store_is_told_of_an_upload_when_its_row_is_there(
    site: FilesSite, ada: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[Upload | None] = []
    begin = site.files.store.begin

    def look(upload: Upload) -> str | None:
        found.append(site.files.rows.find_upload(upload.key, "ada"))
        begin(upload)
        return "the store's own name"

    monkeypatch.setattr(site.files.store, "begin", look)
    ticket = ada.begin()
    assert found[0] is not None
    with site.inside() as known:
        kept = known.rows.find_upload(ticket["key"], "ada")
    assert kept == found[0]._replace(handle="the store's own name")


def test_the_log_tells_what_became_of_files_without_their_names(
    site: FilesSite, ada: Visitor, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    ticket = ada.begin(name="very-personal.txt")
    ada.send(ticket, b"hello")
    file = ada.commit(ticket).json
    ada.delete(f"/files/{file['id']}")
    ada.post(f"/files/{file['id']}/restore")
    ada.commit(ada.sent(b"<html>", name="very-personal.png", content_type="image/png"))
    site.sweep()
    ours = [record for record in caplog.records if record.name == "flask_dovetail.files"]
    told: list[Any] = [(record.message, vars(record).get("file")) for record in ours]
    assert told == [
        ("file committed", file["id"]),
        ("file deleted", file["id"]),
        ("file restored", file["id"]),
        ("upload refused", None),
    ]
    assert vars(ours[-1])["code"] == "FILE_TYPE_MISMATCH"
    (who,) = {vars(record)["subject"] for record in ours}
    assert who == "ada" or who.startswith("s_")  # where an app of the process writes lines
    everything = caplog.text + repr([vars(record) for record in caplog.records])
    assert "very-personal" not in everything
    assert "signature=" not in everything
