"""Files: listed, told, deleted and restored, by whom the application lets."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest

from flask_dovetail import File, FilePolicy, Identity
from support.files_site import FilesSite, MakeSite, Visitor, sha256


def listed(visitor: Visitor, query: str = "") -> list[str]:
    return [file["name"] for file in visitor.get(f"/files{query}").json["items"]]


def test_file_is_described_as_it_was_uploaded(ada: Visitor) -> None:
    file = ada.upload(b"hello", sha256=sha256(b"hello"))
    told = ada.get(f"/files/{file['id']}").json
    assert told == file
    assert {name: told[name] for name in ("name", "content_type", "size", "purpose", "sha256")} == {
        "name": "note.txt",
        "content_type": "text/plain",
        "size": 5,
        "purpose": "file",
        "sha256": sha256(b"hello"),
    }
    assert told["created_at"] == "2027-01-15T08:00:00Z"
    assert told["content_url_expires_at"] is not None
    assert set(told) == {
        "id",
        "name",
        "content_type",
        "size",
        "purpose",
        "sha256",
        "created_at",
        "content_url",
        "content_url_expires_at",
    }


def test_ones_own_files_are_listed_newest_first_page_by_page(
    make_any_site: MakeSite,
) -> None:
    """Several of one second, too: none is left out, none comes twice."""
    site = make_any_site()
    ada = site.visitor()
    for number in range(7):
        ada.upload(name=f"{number}.txt")
        if number % 3 == 2:
            site.clock.advance(1)
    site.visitor("bob").upload(name="bob's.txt")
    seen: list[str] = []
    cursor = ""
    while True:
        page = ada.get(f"/files?limit=2{cursor}").json
        seen += [file["name"] for file in page["items"]]
        if page["next_cursor"] is None:
            break
        assert len(page["items"]) == 2
        cursor = f"&cursor={page['next_cursor']}"
    assert sorted(seen) == [f"{number}.txt" for number in range(7)]
    assert [int(name[0]) // 3 for name in seen] == [2, 1, 1, 1, 0, 0, 0]


def test_files_are_listed_by_purpose(ada: Visitor) -> None:
    ada.upload(name="a.txt")
    ada.upload(name="b.txt", purpose="other")
    assert listed(ada, "?purpose=other") == ["b.txt"]
    assert listed(ada, "?purpose=file") == ["a.txt"]
    assert listed(ada, "?purpose=none") == []


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("?cursor=nonsense", 400, "INVALID_CURSOR"),
        ("?limit=0", 422, "VALIDATION_FAILED"),
        ("?limit=101", 422, "VALIDATION_FAILED"),
        ("?purpose=", 422, "VALIDATION_FAILED"),
        ("?purpose=%00", 422, "VALIDATION_FAILED"),
        ("?owner=bob", 422, "VALIDATION_FAILED"),
    ],
)
def test_a_list_that_cannot_be_made_is_refused(
    ada: Visitor, query: str, status: int, code: str
) -> None:
    answer = ada.get(f"/files{query}")
    assert (answer.status_code, answer.json["code"]) == (status, code)


def test_a_file_of_somebody_else_is_not_there(ada: Visitor, bob: Visitor) -> None:
    file = ada.upload()
    for answer in (
        bob.get(f"/files/{file['id']}"),
        bob.delete(f"/files/{file['id']}"),
        bob.post(f"/files/{file['id']}/restore"),
    ):
        assert (answer.status_code, answer.json["code"]) == (404, "NOT_FOUND")
    assert listed(bob) == []
    ada.delete(f"/files/{file['id']}")
    assert bob.post(f"/files/{file['id']}/restore").status_code == 404


def test_invalid_and_unknown_ids_are_not_found(ada: Visitor) -> None:
    assert ada.get("/files/nonsense").json["code"] == "NOT_FOUND"
    nobody = "/files/00000000-0000-4000-8000-000000000000"
    for answer in (ada.get(nobody), ada.delete(nobody), ada.post(f"{nobody}/restore")):
        assert answer.status_code == 404


def test_a_deleted_file_is_in_nobodys_sight_and_comes_back_when_restored(
    make_any_site: MakeSite,
) -> None:
    ada = make_any_site().visitor()
    file = ada.upload()
    assert ada.delete(f"/files/{file['id']}").status_code == 204
    assert listed(ada) == []
    assert ada.get(f"/files/{file['id']}").status_code == 404
    assert ada.get(f"/files/{file['id']}/content").status_code == 404
    assert ada.delete(f"/files/{file['id']}").status_code == 404
    restored = ada.post(f"/files/{file['id']}/restore")
    assert (restored.status_code, restored.json) == (200, file)
    assert ada.post(f"/files/{file['id']}/restore").status_code == 404
    assert ada.read(file) == b"hello"


def test_a_file_is_restored_within_the_time_limit_only(site: FilesSite, ada: Visitor) -> None:
    first, second = ada.upload(), ada.upload()
    for file in (first, second):
        ada.delete(f"/files/{file['id']}")
    site.clock.advance(600)
    assert ada.post(f"/files/{first['id']}/restore").status_code == 200
    site.clock.advance(1)
    assert ada.post(f"/files/{second['id']}/restore").status_code == 404


@pytest.fixture
def shared(make_site: MakeSite) -> FilesSite:
    """A site where everybody reads, staff deletes, and what is secret is nobody else's."""

    def may_read(file: File, identity: Identity | None) -> bool:
        return not file.name.startswith("secret") or (
            identity is not None and identity.subject == file.owner
        )

    def may_delete(file: File, identity: Identity) -> bool:
        return "staff" in identity.roles

    site = make_site(policies={"file": FilePolicy(may_read=may_read, may_delete=may_delete)})
    site.people["eve"] = Identity("eve", roles=("staff",))
    return site


def test_the_application_says_who_reads(shared: FilesSite) -> None:
    ada, bob = shared.visitor("ada"), shared.visitor("bob")
    open_to_all, secret = ada.upload(name="open.txt"), ada.upload(name="secret.txt")
    assert bob.get(f"/files/{open_to_all['id']}").json["name"] == "open.txt"
    assert bob.get(f"/files/{secret['id']}").status_code == 404
    assert open_to_all["content_url_expires_at"] is None
    assert secret["content_url_expires_at"] is not None


def test_the_application_says_who_deletes_and_restores(shared: FilesSite) -> None:
    """Who may not even read it does not learn that it is there."""
    ada, bob, eve = (shared.visitor(name) for name in ("ada", "bob", "eve"))
    file, secret = ada.upload(name="open.txt"), ada.upload(name="secret.txt")
    for visitor in (ada, bob):
        refused = visitor.delete(f"/files/{file['id']}")
        assert (refused.status_code, refused.json["code"]) == (403, "FORBIDDEN")
    assert bob.delete(f"/files/{secret['id']}").status_code == 404
    assert eve.delete(f"/files/{file['id']}").status_code == 204
    assert ada.post(f"/files/{file['id']}/restore").status_code == 403
    assert eve.post(f"/files/{file['id']}/restore").status_code == 200


def test_permission_to_delete_does_not_permit_reading(shared: FilesSite) -> None:
    ada, eve = shared.visitor("ada"), shared.visitor("eve")
    secret = ada.upload(name="secret.txt")
    assert eve.delete(f"/files/{secret['id']}").status_code == 204
    restored = eve.post(f"/files/{secret['id']}/restore").json
    address = urlsplit(restored["content_url"])
    assert address.query == ""
    assert eve.get(address.path).status_code == 404


def test_owner_without_read_permission_gets_no_signed_address(
    make_site: MakeSite,
) -> None:
    """As in a drop box, where people hand things in for others to read."""
    policy = FilePolicy(may_read=lambda _file, identity: bool(identity and identity.roles))
    ada = make_site(policies={"file": policy}).visitor()
    for file in (ada.upload(), *ada.get("/files").json["items"]):
        address = urlsplit(file["content_url"])
        assert ada.get(f"{address.path}?{address.query}").status_code == 404


def test_every_answer_is_kept_out_of_caches(ada: Visitor) -> None:
    file = ada.upload()
    answers: list[Any] = [ada.get("/files"), ada.get(f"/files/{file['id']}"), ada.presign()]
    for answer in answers:
        assert answer.headers["Cache-Control"] == "no-store"


def test_an_app_without_people_cannot_have_files() -> None:
    from flask import Flask

    from flask_dovetail import ConfigurationError, Dovetail

    app = Flask("nobody")
    app.config["SECRET_KEY"] = "a key that is long enough to be one"
    with pytest.raises(ConfigurationError, match="authenticate and load_identity"):
        Dovetail(files={"file": FilePolicy()}).init_app(app)


@pytest.mark.parametrize("policies", [{}, {"": FilePolicy()}, {"a" * 65: FilePolicy()}])
def test_files_are_for_something_that_has_a_name(
    make_site: MakeSite, policies: dict[str, FilePolicy]
) -> None:
    from flask_dovetail import ConfigurationError

    with pytest.raises(ConfigurationError, match="purpose"):
        make_site(policies=policies)
