"""Any sequence of what people, crashes and time do, held to a model: hypothesis looks for one that
makes a byte visible too early, keeps one too long, or loses one that is somebody's."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
)

from flask_dovetail import FilePolicy
from support.files_site import FilesSite, Visitor, make_files_site

PART = 64 * 1024
UPLOAD_SECONDS = 3600
RESTORE_SECONDS = 600
QUOTA = 12 * PART
PEOPLE = ("ada", "bob")


class Killed(BaseException):
    """The process ends here. No handler of the library's stops it."""


class Model:
    """What an upload or file is, as its owner knows it."""

    def __init__(self, owner: str, content: bytes, ticket: dict[str, Any], began: float) -> None:
        self.owner = owner
        self.content = content
        self.ticket = ticket
        self.began = began
        self.arrived: set[int] = set()
        self.over = False  # called off, or refused
        self.file: str | None = None
        self.deleted_at: float | None = None
        self.swept = False


class Machine(RuleBasedStateMachine):
    """One site, two people, and a clock."""

    migrated: ClassVar[Path]
    uploads = Bundle("uploads")

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="dt-machine-"))
        shutil.copy(self.migrated, self.folder)
        self.site: FilesSite = make_files_site(
            self.folder,
            policies={"file": FilePolicy(quota_bytes=QUOTA)},
            DOVETAIL_DATABASE_URL=f"sqlite:///{self.folder}/{self.migrated.name}",
            DOVETAIL_FILES_PART_BYTES=PART,
            DOVETAIL_FILES_UPLOAD_SECONDS=UPLOAD_SECONDS,
            DOVETAIL_FILES_RESTORE_SECONDS=RESTORE_SECONDS,
            DOVETAIL_AUTH_IDLE_SECONDS=30 * 86_400,
            DOVETAIL_AUTH_ABSOLUTE_SECONDS=30 * 86_400,
        )
        self.visitors: dict[str, Visitor] = {}
        self.models: list[Model] = []

    def teardown(self) -> None:
        self.all_that_is_left_is_somebodys()
        self.site.files.engine().dispose()
        shutil.rmtree(self.folder)

    @property
    def now(self) -> float:
        return self.site.clock.now

    def expired(self, model: Model) -> bool:
        return self.now >= model.began + UPLOAD_SECONDS

    def taken(self, owner: str) -> int:
        return sum(
            len(model.content)
            for model in self.models
            if model.owner == owner
            and (
                model.deleted_at is None
                if model.file
                else not model.over and not self.expired(model)
            )
        )

    @initialize()
    def people_sign_in(self) -> None:
        self.visitors = {name: self.site.visitor(name) for name in PEOPLE}

    @rule(
        target=uploads,
        owner=st.sampled_from(PEOPLE),
        byte=st.integers(0, 255),
        size=st.sampled_from([0, 1, PART - 1, PART, PART + 1, 3 * PART]),
    )
    def presign(self, owner: str, byte: int, size: int) -> Any:
        content = bytes([byte]) * size
        answer = self.visitors[owner].presign(content, content_type="application/octet-stream")
        if self.taken(owner) + size > QUOTA:
            assert answer.json["code"] == "QUOTA_EXCEEDED"
            return multiple()
        assert answer.status_code == 201
        model = Model(owner, content, answer.json, self.now)
        self.models.append(model)
        return model

    @rule(model=uploads, number=st.integers(1, 4))
    def put(self, model: Model, number: int) -> None:
        if number > len(model.ticket["parts"]):
            return
        visitor = self.visitors[model.owner]
        fresh = visitor.get(f"/files/upload/{model.ticket['key']}")
        parts = model.ticket["parts"]
        if fresh.status_code == 200:
            assert fresh.json["arrived"] == sorted(model.arrived)
            by_number = {part["number"]: part for part in fresh.json["parts"]}
            part = by_number.get(number, parts[number - 1])
        else:
            part = parts[number - 1]
        start = (number - 1) * PART
        sent = visitor.put(part, model.content[start : start + part["size"]])
        if sent.status_code == 204:
            assert not model.over
            assert model.file is None
            model.arrived.add(number)
        else:
            assert sent.json["code"] in ("NOT_FOUND", "INVALID_UPLOAD_URL")

    @rule(model=uploads, dies=st.sampled_from([None, None, "assemble", "size", "publish", "done"]))
    def commit(self, model: Model, dies: str | None) -> None:
        visitor = self.visitors[model.owner]
        if dies is not None:
            self.commit_and_die(model, dies)
        answer = visitor.commit(model.ticket)
        if model.file is not None:
            if model.deleted_at is None:
                assert answer.json["id"] == model.file
            else:
                assert answer.status_code == 404
        elif model.over:
            assert answer.status_code == 404
        elif self.expired(model):
            assert answer.status_code in (404, 410)
        elif len(model.arrived) < model.ticket["part_count"]:
            missing = [
                n for n in range(1, model.ticket["part_count"] + 1) if n not in model.arrived
            ]
            assert (answer.json["code"], answer.json["missing"]) == ("UPLOAD_INCOMPLETE", missing)
        else:
            assert answer.status_code == 200
            model.file = answer.json["id"]

    def commit_and_die(self, model: Model, at: str) -> None:
        """A process that is killed on the way, before one that is not does it again."""
        known = self.site.files
        where: dict[str, tuple[Any, str]] = {
            "assemble": (known.store, "assemble"),
            "size": (known.store, "size"),
            "publish": (known.rows, "publish"),
            "done": (known.store, "clean_up"),
        }
        owner, name = where[at]

        def die(*_: object, **__: object) -> None:
            raise Killed

        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(owner, name, die)
            try:
                self.visitors[model.owner].commit(model.ticket)
            except Killed:
                pass
            else:
                return
        if at == "done":
            (model.file,) = (
                file["id"]
                for file in self.listed(model.owner)
                if file["id"] not in {each.file for each in self.models}
            )

    @rule(model=uploads)
    def abort(self, model: Model) -> None:
        path = f"/files/upload/{model.ticket['key']}"
        assert self.visitors[model.owner].delete(path).status_code == 204
        model.over = True

    @rule(model=uploads)
    def somebody_else_tries(self, model: Model) -> None:
        (other,) = (name for name in PEOPLE if name != model.owner)
        assert self.visitors[other].commit(model.ticket).status_code == 404
        self.visitors[other].delete(f"/files/upload/{model.ticket['key']}")

    @rule(model=uploads)
    def delete(self, model: Model) -> None:
        if model.file is None:
            return
        answer = self.visitors[model.owner].delete(f"/files/{model.file}")
        assert answer.status_code == (204 if model.deleted_at is None else 404)
        if model.deleted_at is None:
            model.deleted_at = self.now

    @rule(model=uploads)
    def restore(self, model: Model) -> None:
        if model.file is None:
            return
        answer = self.visitors[model.owner].post(f"/files/{model.file}/restore")
        deleted_at = model.deleted_at
        if deleted_at is None or model.swept or self.now - deleted_at > RESTORE_SECONDS:
            assert answer.status_code == 404
        elif self.taken(model.owner) + len(model.content) > QUOTA:
            assert answer.json["code"] == "QUOTA_EXCEEDED"
        else:
            assert answer.status_code == 200
            model.deleted_at = None

    @rule(seconds=st.sampled_from([1, RESTORE_SECONDS, UPLOAD_SECONDS // 2, 2 * UPLOAD_SECONDS]))
    def time_passes(self, seconds: int) -> None:
        self.site.clock.advance(seconds)

    @rule()
    def sweep(self) -> None:
        assert self.site.sweep().failed == 0
        for model in self.models:
            gone = model.deleted_at is not None and self.now - model.deleted_at > RESTORE_SECONDS
            model.swept = model.swept or gone

    @rule(model=consumes(uploads))
    @precondition(lambda self: len(self.models) > 6)
    def forget(self, model: Model) -> None:
        """Let nobody come back to it: keeps runs about a few things at a time."""

    def listed(self, owner: str) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = self.visitors[owner].get("/files?limit=100").json["items"]
        return items

    @invariant()
    def everybody_sees_exactly_their_own_whole_files(self) -> None:
        for owner, visitor in self.visitors.items():
            there = {
                model.file: model.content
                for model in self.models
                if model.owner == owner and model.file and model.deleted_at is None
            }
            assert {file["id"]: visitor.read(file) for file in self.listed(owner)} == there

    def all_that_is_left_is_somebodys(self) -> None:
        """When every limit has passed and a sweep has been, only what is in use is on the disk."""
        if not self.visitors:
            return
        in_use = [model for model in self.models if model.file and model.deleted_at is None]
        for _ in range(2):
            self.site.clock.advance(2 * UPLOAD_SECONDS)
            assert self.site.sweep().failed == 0
        assert len(self.site.kept()) == len(in_use)
        with self.site.files.engine().connect() as connection:
            rows = connection.exec_driver_sql("SELECT count(*) FROM dovetail_uploads").scalar()
        assert rows == 0


def test_no_sequence_of_events_shows_keeps_or_loses_a_byte_it_must_not(migrated: Path) -> None:
    from hypothesis.stateful import run_state_machine_as_test

    Machine.migrated = migrated
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        Machine,
        settings=settings(
            max_examples=25,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
