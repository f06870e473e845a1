"""What every store promises: one suite, over the local disk and over a real S3 server."""

from __future__ import annotations

import hashlib
import io
import os
import time
import uuid
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Barrier
from typing import Any, BinaryIO, cast

import pytest

from flask_dovetail.files.policy import File, Upload
from flask_dovetail.files.stores.store import Incomplete, Missing, PartUrl, Store, Ticket
from support.parts_server import make_parts_app, make_upload, open_store
from support.s3_bucket import NOW, Bucket
from support.s3_bucket import send as send_to_s3

PART = 5 * 1024 * 1024  # the least that S3 puts together
TAIL = 7


@dataclass
class Place:
    """A store, and a sender of parts who has nothing but their addresses.

    Attributes:
        send: gives the status of the answer.
        left: every file or object that is there, whosever and in whatever state.
    """

    store: Store
    now: Callable[[], float]
    send: Callable[[PartUrl, bytes], int]
    left: Callable[[], Iterable[object]]

    def begin(self, size: int) -> Upload:
        upload = make_upload(uuid.uuid4().hex, size, PART)
        return upload._replace(handle=self.store.begin(upload))

    def address(self, upload: Upload, number: int) -> PartUrl:
        ticket = Ticket("ada", "login-1", int(self.now()) + 900)
        return self.store.part_urls(upload, [number], ticket)[0]

    def put(self, upload: Upload, number: int, content: bytes) -> None:
        assert self.send(self.address(upload, number), content) in (200, 204)

    def sent(self, content: bytes) -> Upload:
        """An upload of which all has arrived."""
        upload = self.begin(len(content))
        for number in range(1, upload.part_count + 1):
            self.put(upload, number, part_of(content, number))
        return upload

    def read(self, key: str, *range_: int) -> bytes:
        with self.store.open(key, *range_) as content:
            return content.read()


@pytest.fixture(params=["local", "s3"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """Each of them, empty."""
    if request.param == "local":
        return _local(tmp_path)
    bucket = cast("Bucket", request.getfixturevalue("s3"))

    def send(part: PartUrl, content: bytes) -> int:
        return send_to_s3(part, content).status_code

    return Place(bucket.store, lambda: NOW, send, bucket.kept)


def _local(folder: Path) -> Place:
    store = open_store(folder)
    app = make_parts_app(store)

    def send(part: PartUrl, content: bytes) -> int:
        answer = app.test_client().put(part.url, data=content, headers=part.headers)
        return answer.status_code

    def left() -> list[Path]:
        return [path for path in folder.rglob("*") if path.is_file()]

    return Place(store, time.time, send, left)


def part_of(content: bytes, number: int) -> bytes:
    return content[(number - 1) * PART : number * PART]


@pytest.fixture(scope="module")
def content() -> bytes:
    """Two whole parts and a short one."""
    return os.urandom(2 * PART + TAIL)


def test_parts_become_one_object(place: Place, content: bytes) -> None:
    """The bytes are equal; digests, if the store returns them, are those of the parts."""
    upload = place.sent(content)
    digests = place.store.assemble(upload)
    assert place.read(upload.key) == content
    assert place.store.size(upload.key) == len(content)
    parts = [part_of(content, number) for number in (1, 2, 3)]
    assert digests in (None, tuple(hashlib.sha256(part).hexdigest() for part in parts))


def test_parts_may_come_in_any_order_and_more_than_once(place: Place, content: bytes) -> None:
    """The place of a part is its number; sent again, as after a lost answer, it is there once."""
    upload = place.begin(len(content))
    for number in (2, 3, 2, 1, 1):
        place.put(upload, number, part_of(content, number))
    place.store.assemble(upload)
    assert place.read(upload.key) == content


def test_parts_may_come_at_the_same_time(place: Place, content: bytes) -> None:
    """All of them, each twice."""
    upload = place.begin(len(content))
    together = Barrier(6)

    def send(number: int) -> None:
        together.wait(30)
        place.put(upload, number, part_of(content, number))

    with ThreadPoolExecutor(6) as threads:
        list(threads.map(send, (1, 2, 3, 3, 2, 1)))
    place.store.assemble(upload)
    assert place.read(upload.key) == content


def test_arrived_parts_are_listed(place: Place, content: bytes) -> None:
    """They are in ascending order, also after the assembly."""
    upload = place.begin(len(content))
    assert place.store.arrived(upload) == []
    for number, there in ((3, [3]), (1, [1, 3]), (2, [1, 2, 3])):
        place.put(upload, number, part_of(content, number))
        assert place.store.arrived(upload) == there
    place.store.assemble(upload)
    assert place.store.arrived(upload) == [1, 2, 3]


def test_missing_parts_are_named(place: Place, content: bytes) -> None:
    """Assembly works only when the last part has arrived."""
    upload = place.begin(len(content))
    for number, missing in ((2, (1, 2, 3)), (3, (1, 3)), (1, (1,))):
        with pytest.raises(Incomplete) as incomplete:
            place.store.assemble(upload)
        assert incomplete.value.numbers == missing
        with pytest.raises(Missing):
            place.store.size(upload.key)
        place.put(upload, number, part_of(content, number))
    place.store.assemble(upload)
    assert place.read(upload.key) == content


@pytest.mark.parametrize("size", [0, 1, 4096])
def test_a_small_file_is_one_part(place: Place, size: int) -> None:
    """Zero bytes too."""
    content = os.urandom(size)
    upload = place.begin(size)
    with pytest.raises(Incomplete) as incomplete:
        place.store.assemble(upload)
    assert incomplete.value.numbers == (1,)
    place.put(upload, 1, content)
    assert place.store.arrived(upload) == [1]
    place.store.assemble(upload)
    assert place.store.size(upload.key) == size
    assert place.read(upload.key) == content


@pytest.mark.parametrize("number", [1, 3])
@pytest.mark.parametrize("by", [-1, 1])
def test_a_part_of_another_size_is_refused(place: Place, number: int, by: int) -> None:
    """Shorter or longer than signed, within the file or at its end: 4xx, and not there."""
    upload = place.begin(2 * PART + TAIL)
    content = b"x" * (upload.part_length(number) + by)
    assert 400 <= place.send(place.address(upload, number), content) < 500
    assert place.store.arrived(upload) == []


def test_an_altered_address_is_refused(place: Place) -> None:
    """The address of one part is no permission to send another, nor to another upload."""
    upload, other = place.begin(2 * PART), place.begin(2 * PART)
    part = place.address(upload, 1)
    moved = part._replace(url=part.url.replace(upload.key, other.key))
    assert moved.url != part.url
    assert place.send(moved, b"x" * PART) == 403
    last = part.url[-1]
    broken = part._replace(url=part.url[:-1] + ("a" if last != "a" else "b"))
    assert place.send(broken, b"x" * PART) == 403
    assert place.store.arrived(upload) == place.store.arrived(other) == []


def test_part_sent_after_assembly_changes_nothing(place: Place, content: bytes) -> None:
    """An address that has not expired yet does not reach the object, whatever it is answered."""
    for whole in (content, b"short"):
        upload = place.sent(whole)
        late = place.address(upload, 1)
        place.store.assemble(upload)
        place.send(late, b"!" * upload.part_length(1))
        place.store.assemble(upload)
        assert place.read(upload.key) == whole
        place.store.clean_up(upload)
        assert place.read(upload.key) == whole


@pytest.mark.parametrize("size", [3, PART + 3])
def test_assembling_again_and_at_once_gives_the_same_object(place: Place, size: int) -> None:
    """After a crash, and from two tabs; also after it was finished."""
    content = os.urandom(size)
    upload = place.sent(content)
    together = Barrier(3)

    def assemble() -> None:
        together.wait(30)
        place.store.assemble(upload)

    with ThreadPoolExecutor(3) as threads:
        for future in [threads.submit(assemble) for _ in range(3)]:
            future.result()
    place.store.clean_up(upload)
    place.store.clean_up(upload)
    place.store.assemble(upload)
    assert place.read(upload.key) == content


@pytest.mark.parametrize("size", [3, PART + 3])
@pytest.mark.parametrize("when", ["begun", "partly sent", "sent", "assembled", "finished"])
def test_discard_leaves_nothing(place: Place, size: int, when: str) -> None:
    """It may be called at any moment, and twice."""
    upload = place.begin(size)
    if when != "begun":
        for number in range(1, upload.part_count + (when != "partly sent")):
            place.put(upload, number, b"x" * upload.part_length(number))
    if when in ("assembled", "finished"):
        place.store.assemble(upload)
    if when == "finished":
        place.store.clean_up(upload)
    place.store.discard(upload)
    assert list(place.left()) == []
    place.store.discard(upload)
    assert place.store.arrived(upload) == []
    with pytest.raises(Incomplete):
        place.store.assemble(upload)
    with pytest.raises(Missing):
        place.store.size(upload.key)


def test_beginning_again_is_the_same_upload(place: Place) -> None:
    """A begin that was cut off is called again; one discard is for both."""
    upload = place.begin(PART + 3)
    place.store.begin(upload)
    place.put(upload, 1, b"x" * PART)
    assert place.store.arrived(upload) == [1]
    place.store.discard(upload)
    assert list(place.left()) == []


@pytest.mark.parametrize("size", [3, PART + 3])
def test_a_finished_upload_leaves_its_object_alone(place: Place, size: int) -> None:
    """Nothing else stays; when the object is deleted, nothing at all."""
    upload = place.sent(b"x" * size)
    place.store.assemble(upload)
    place.store.clean_up(upload)
    assert len(list(place.left())) == 1
    place.store.delete(upload.key)
    assert list(place.left()) == []


@pytest.mark.parametrize(
    "range_",
    [(0, 1), (0, 0), (5, 5), (9, 4), (PART - 2, PART + 2), (PART,), (0, 10**12), (10**12,)],
    ids=str,
)
def test_a_range_of_an_object_is_its_bytes(
    place: Place, content: bytes, range_: tuple[int, ...]
) -> None:
    """From `start` up to, not including, `stop`; what is beyond the end is not there."""
    key = uuid.uuid4().hex
    place.store.save(key, io.BytesIO(content), "text/plain")
    assert (
        place.read(key, *range_)
        == content[slice(*range_) if len(range_) == 2 else slice(range_[0], None)]
    )


def test_an_object_is_read_in_pieces(place: Place, content: bytes) -> None:
    """`read(n)` gives at most n bytes, b"" at the end."""
    key = uuid.uuid4().hex
    place.store.save(key, io.BytesIO(content), "text/plain")
    with place.store.open(key, 3, 1_000_003) as opened:
        pieces = list(iter(lambda: opened.read(65_536), b""))
    assert max(map(len, pieces)) <= 65_536
    assert b"".join(pieces) == content[3:1_000_003]


@pytest.mark.parametrize("size", [0, 5, PART + 1, 2 * PART])
def test_saved_content_is_an_object(place: Place, size: int) -> None:
    """It may have any size; saving again under the same key replaces it."""
    content, key = os.urandom(size), uuid.uuid4().hex
    for saved in (b"before", content):
        assert place.store.save(key, io.BytesIO(saved), "text/plain") == len(saved)
    assert place.read(key) == content
    assert place.store.size(key) == size
    assert len(list(place.left())) == 1


@pytest.mark.parametrize("size", [10, PART + 10])
def test_failed_save_leaves_no_object(place: Place, size: int) -> None:
    """All of it or nothing; what stays behind is discarded by its key."""

    class Failing(io.BytesIO):
        def read(self, *count: Any) -> bytes:
            given = super().read(*count)
            if not given:
                raise ConnectionResetError("the source is gone")
            return given

    upload = make_upload(uuid.uuid4().hex, size, PART)
    with pytest.raises(ConnectionResetError):
        place.store.save(upload.key, cast("BinaryIO", Failing(b"x" * size)), "text/plain")
    with pytest.raises(Missing):
        place.store.size(upload.key)
    place.store.discard(upload)
    assert list(place.left()) == []


def test_what_is_not_there_is_missing(place: Place) -> None:
    """Said when it is opened or before its first byte; deleting it is no error."""
    key = uuid.uuid4().hex
    with pytest.raises(Missing):
        place.store.size(key)
    with pytest.raises(Missing):
        place.read(key)
    with pytest.raises(Missing):
        place.read(key, 0, 10)
    place.store.delete(key)


def test_a_browser_can_be_sent_somewhere_or_the_server_sends_the_bytes(place: Place) -> None:
    """A store has an origin and links, or neither of them."""
    file = File("id", uuid.uuid4().hex, "ada", "file", "a.txt", "text/plain", 5, None, 0)
    place.store.save(file.key, io.BytesIO(b"hello"), "text/plain")
    link = place.store.link(file, disposition="attachment", content_type="text/plain", seconds=60)
    assert (
        (link is None) is (place.store.origin is None) is (place.store.path(file.key) is not None)
    )
    assert link is None or link.startswith(f"{place.store.origin}/")
