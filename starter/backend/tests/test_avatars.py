"""A person's picture: chosen from what they uploaded, shown to everybody."""

from __future__ import annotations

import io
import threading
import uuid

import pytest
import sqlalchemy as sa
from flask import Flask
from PIL import Image

from app import avatars
from app.database import db
from flask_dovetail import File, find_file, store_file
from flask_dovetail.problems import StorageFull
from starter_support.images import bomb, cut, declaring, encoded, moving, photo, quarters
from starter_support.settings import PASSWORD
from starter_support.visitor import Visitor

POST = {"title": "Hello", "body": "World"}


def picture(visitor: Visitor, content: bytes | None = None, kind: str = "image/jpeg") -> str:
    """The id of an uploaded picture."""
    answer = visitor.upload(photo() if content is None else content, kind, "avatar")
    assert answer.status_code == 200, answer.text
    file_id: str = answer.json["id"]
    return file_id


def choose(visitor: Visitor, file_id: str | None = None) -> dict[str, object]:
    answer = visitor.put("/api/profile/avatar", {"file_id": file_id or picture(visitor)})
    assert answer.status_code == 200, answer.text
    avatar: dict[str, object] = answer.json["avatar"]
    return avatar


def addresses(avatar: dict[str, object]) -> list[str]:
    assert isinstance(avatar["sources"], list)
    srcsets = [source["srcset"] for source in avatar["sources"]]
    named = [entry.split(" ")[0] for srcset in srcsets for entry in srcset.split(", ")]
    return [str(avatar["fallback"]), *named]


def test_an_uploaded_picture_becomes_square_ones_in_modern_formats(member: Visitor) -> None:
    avatar = choose(member)
    assert member.get("/api/profile").json["avatar"] == avatar
    assert [source["type"] for source in avatar["sources"]] == ["image/avif", "image/webp"]
    for source in avatar["sources"]:
        widths = [entry.split(" ")[1] for entry in source["srcset"].split(", ")]
        assert widths == ["48w", "96w", "192w", "384w"]
    assert len(set(addresses(avatar))) == 9


def test_everybody_may_see_it_and_keep_it(member: Visitor, visitor: Visitor) -> None:
    avatar = choose(member)
    kinds = set()
    for address in addresses(avatar):
        answer = visitor.get(address, buffered=True)
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "public, max-age=86400, immutable"
        kinds.add(answer.headers["Content-Type"])
        with Image.open(io.BytesIO(answer.data)) as image:
            assert Image.MIME[image.format or ""] == answer.headers["Content-Type"]
    assert kinds == {"image/avif", "image/webp", "image/jpeg"}


def test_it_is_beside_everything_that_its_owner_wrote(member: Visitor, visitor: Visitor) -> None:
    avatar = choose(member)
    made = member.post("/api/posts", POST).json
    assert made["author"]["avatar"] == avatar
    assert visitor.get(f"/api/posts/{made['id']}").json["author"]["avatar"] == avatar
    assert visitor.get("/api/posts?limit=1").json["items"][0]["author"]["avatar"] == avatar


def test_who_chose_none_has_none(member: Visitor) -> None:
    assert member.get("/api/profile").json["avatar"] is None
    assert member.post("/api/posts", POST).json["author"]["avatar"] is None


def test_a_feed_of_people_with_pictures_costs_no_query_more(
    app: Flask, member: Visitor, staff: Visitor, visitor: Visitor
) -> None:
    for author in (member, staff):
        author.post("/api/posts", POST)
    queries: list[str] = []
    with app.app_context():
        engine = db.engine

    def counted(*arguments: object) -> None:
        queries.append(str(arguments[2]))

    sa.event.listen(engine, "before_cursor_execute", counted)
    visitor.get("/api/posts")
    without = len(queries)
    for author in (member, staff):
        choose(author)
    queries.clear()
    assert len([p for p in visitor.get("/api/posts").json["items"] if p["author"]["avatar"]]) >= 2
    assert len(queries) == without


def files_left(app: Flask, *ids: str) -> list[str]:
    with app.app_context():
        return [file_id for file_id in ids if find_file(file_id)]


def ids_of(avatar: dict[str, object]) -> list[str]:
    return [address.split("/")[-2] for address in addresses(avatar)]


def test_another_picture_replaces_it_with_all_that_was_made_of_it(
    app: Flask, member: Visitor
) -> None:
    first = picture(member)
    before = ids_of(choose(member, first))
    second = picture(member, photo("image/webp"), "image/webp")
    after = ids_of(choose(member, second))
    assert files_left(app, first, *before) == []
    assert files_left(app, second, *after) == [second, *after]


def test_the_same_picture_again_changes_nothing(app: Flask, member: Visitor) -> None:
    file_id = picture(member)
    avatar = choose(member, file_id)
    assert choose(member, file_id) == avatar
    assert files_left(app, file_id, *ids_of(avatar)) == [file_id, *ids_of(avatar)]


def test_it_is_removed_with_all_that_was_made_of_it(app: Flask, member: Visitor) -> None:
    file_id = picture(member)
    made = ids_of(choose(member, file_id))
    for _ in range(2):
        answer = member.delete("/api/profile/avatar")
        assert (answer.status_code, answer.json["avatar"]) == (200, None)
    assert files_left(app, file_id, *made) == []


def test_pictures_chosen_at_once_leave_one_and_nothing_of_the_others(app: Flask) -> None:
    tabs = [Visitor(app).sign_in("demo@example.com", PASSWORD) for _ in range(3)]
    sources = [picture(tab) for tab in tabs]
    together = threading.Barrier(len(tabs))
    chosen: list[dict[str, object]] = []

    def go(tab: Visitor, file_id: str) -> None:
        together.wait()
        chosen.append(choose(tab, file_id))

    threads = [threading.Thread(target=go, args=pair) for pair in zip(tabs, sources, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(chosen) == 3
    last = tabs[0].get("/api/profile").json["avatar"]
    with app.app_context():
        query = (
            "SELECT count(*) FROM dovetail_files WHERE deleted_at IS NULL AND purpose = :purpose"
        )
        counts = [
            db.session.scalar(sa.text(query), {"purpose": purpose})
            for purpose in ("avatar", "avatar-variant")
        ]
    assert counts == [1, len(addresses(last))]


def test_a_file_of_somebody_else_is_none(member: Visitor, staff: Visitor) -> None:
    answer = member.put("/api/profile/avatar", {"file_id": picture(staff)})
    assert (answer.status_code, answer.json["code"]) == (404, "NOT_FOUND")


def test_a_deleted_file_is_none(member: Visitor) -> None:
    file_id = picture(member)
    assert member.delete(f"/files/{file_id}").status_code == 204
    answer = member.put("/api/profile/avatar", {"file_id": file_id})
    assert (answer.status_code, answer.json["code"]) == (404, "NOT_FOUND")


def test_a_file_that_is_no_avatar_is_none(member: Visitor) -> None:
    file_id = member.upload(photo(), "image/jpeg").json["id"]
    made = ids_of(choose(member))[0]
    for other in (file_id, made, str(uuid.uuid4())):
        answer = member.put("/api/profile/avatar", {"file_id": other})
        assert (answer.status_code, answer.json["code"]) == (404, "NOT_FOUND")


@pytest.mark.parametrize("file_id", ["", "nonsense", 1, None, "../../etc/passwd", ["a"]])
def test_what_is_no_id_is_refused_with_the_field(member: Visitor, file_id: object) -> None:
    answer = member.put("/api/profile/avatar", {"file_id": file_id})
    assert (answer.status_code, answer.json["code"]) == (422, "VALIDATION_FAILED")
    assert [error["pointer"] for error in answer.json["errors"]] == ["/body/file_id"]


def test_choosing_one_needs_a_sign_in(visitor: Visitor) -> None:
    for answer in (
        visitor.put("/api/profile/avatar", {"file_id": str(uuid.uuid4())}),
        visitor.delete("/api/profile/avatar"),
    ):
        assert (answer.status_code, answer.json["code"]) == (401, "UNAUTHENTICATED")


def test_what_was_made_can_be_neither_uploaded_nor_deleted_by_hand(member: Visitor) -> None:
    refused = member.upload(photo(), "image/jpeg", "avatar-variant")
    assert (refused.status_code, refused.json["code"]) == (403, "FORBIDDEN")
    file_id = ids_of(choose(member))[0]
    refused = member.delete(f"/files/{file_id}")
    assert refused.status_code in (403, 404)


def test_a_picture_that_ends_early_is_refused_and_the_former_one_stays(member: Visitor) -> None:
    avatar = choose(member)
    answer = member.put("/api/profile/avatar", {"file_id": picture(member, cut("image/jpeg"))})
    assert (answer.status_code, answer.json["code"]) == (422, "FILE_REJECTED")
    assert member.get("/api/profile").json["avatar"] == avatar


def test_a_store_that_fills_up_half_way_keeps_nothing_of_the_new_picture(
    app: Flask, member: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    avatar = choose(member)
    second = picture(member, photo("image/png"), "image/png")
    stored: list[str] = []

    def filling_up(*arguments: bytes, **options: str) -> File:
        if len(stored) == 4:
            raise StorageFull
        file = store_file(*arguments, **options)
        stored.append(file.id)
        return file

    monkeypatch.setattr(avatars, "store_file", filling_up)
    answer = member.put("/api/profile/avatar", {"file_id": second})
    assert (answer.status_code, answer.json["code"]) == (507, "STORAGE_FULL")
    assert len(stored) == 4
    assert files_left(app, *stored) == []
    assert files_left(app, *ids_of(avatar)) == ids_of(avatar)
    assert member.get("/api/profile").json["avatar"] == avatar


@pytest.mark.parametrize(
    ("content", "kind", "code"),
    [
        (declaring(60_000, 60_000), "image/png", "FILE_REJECTED"),
        (declaring(60_000, 60_000), "image/jpeg", "FILE_REJECTED"),
        (b"MZ" + bytes(4000), "image/png", "FILE_TYPE_MISMATCH"),
        (b"PK\x03\x04" + bytes(4000), "image/jpeg", "FILE_REJECTED"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml", "FILE_TYPE_NOT_ALLOWED"),
        (b"\x89PNG\r\n\x1a\n", "image/png", "FILE_REJECTED"),
    ],
)
def test_what_is_no_picture_never_becomes_a_file(
    member: Visitor, content: bytes, kind: str, code: str
) -> None:
    answer = member.upload(content, kind, "avatar")
    assert (answer.status_code, answer.json["code"]) == (422, code)
    assert member.get("/files?purpose=avatar").json["items"] == []


@pytest.mark.parametrize("purpose", ["file", "avatar"])
def test_every_purpose_refuses_a_picture_that_would_fill_the_memory(
    member: Visitor, purpose: str
) -> None:
    answer = member.upload(declaring(60_000, 60_000), "image/png", purpose)
    assert (answer.status_code, answer.json["code"]) == (422, "FILE_REJECTED")


def test_a_bomb_within_the_bound_and_a_moving_picture_are_pictures(member: Visitor) -> None:
    assert choose(member, picture(member, bomb(), "image/png"))
    assert choose(member, picture(member, moving("image/webp"), "image/webp"))
    assert choose(member, picture(member, encoded(quarters(2, 3), "image/png"), "image/png"))


def test_choosing_pictures_is_limited(app: Flask, member: Visitor) -> None:
    """The copies of a small file may take a core for seconds. The same picture again is free."""
    app.config["STARTER_AVATARS_PER_HOUR"] = 2
    first, second = picture(member), picture(member)
    for file_id in (first, second, second):
        choose(member, file_id)
    refused = member.put("/api/profile/avatar", {"file_id": picture(member)})
    assert (refused.status_code, refused.json["code"]) == (429, "TOO_MANY_REQUESTS")
    assert 0 < int(refused.headers["Retry-After"]) <= 3600
    staff = Visitor(app).sign_in("staff@example.com", PASSWORD)
    choose(staff)
