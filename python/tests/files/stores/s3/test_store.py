"""What the store makes of parts: once, whole, and out of reach of whoever sent them."""

from __future__ import annotations

import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from time import sleep, time
from typing import Any

import pytest

from flask_dovetail.files.policy import Upload
from flask_dovetail.files.stores.s3.saving import PART_BYTES as SAVED_PART_BYTES
from flask_dovetail.files.stores.store import Incomplete, Missing
from support.s3_bucket import PART_BYTES, Bucket, send

A, B, C = (letter * PART_BYTES for letter in (b"a", b"b", b"c"))


def test_a_file_of_no_bytes_needs_its_empty_part(s3: Bucket) -> None:
    upload = s3.begin(0)
    with pytest.raises(Incomplete):
        s3.store.assemble(upload)
    s3.send(upload, b"")
    s3.store.assemble(upload)
    assert s3.store.size(upload.key) == 0
    assert s3.read(upload.key) == b""


def test_parts_may_come_in_any_order_and_twice(s3: Bucket) -> None:
    """What came last counts."""
    upload = s3.begin(2 * PART_BYTES + 5)
    s3.put(upload, 3, b"hello")
    assert s3.store.arrived(upload) == [3]
    for content in (C, B, A):
        s3.put(upload, 1, content)
        second = int(time())
        while int(time()) == second:  # which is how finely the server tells what came last
            sleep(0.01)
    assert s3.store.arrived(upload) == [1, 3]
    s3.put(upload, 2, B)
    s3.store.assemble(upload)
    assert s3.read(upload.key) == A + B + b"hello"


def test_it_says_which_parts_are_missing(s3: Bucket) -> None:
    upload = s3.begin(2 * PART_BYTES + 5)
    s3.put(upload, 2, B)
    with pytest.raises(Incomplete) as refused:
        s3.store.assemble(upload)
    assert refused.value.numbers == (1, 3)
    assert s3.store.arrived(upload) == [2]
    with pytest.raises(Missing):
        s3.store.size(upload.key)


def test_the_list_of_parts_is_read_to_its_end(s3: Bucket) -> None:
    """A server tells 1000 at a time; here, two."""
    pages = []

    def small(params: dict[str, Any], **_: Any) -> None:
        pages.append(params.get("PartNumberMarker"))
        params["MaxParts"] = 2

    s3.store.client().meta.events.register("provide-client-params.s3.ListParts", small)
    upload = s3.begin(4 * 8 + 5, part_size=8)
    for number in (5, 4, 2, 1):
        s3.put(upload, number, bytes([number]) * upload.part_length(number))
    assert s3.store.arrived(upload) == [1, 2, 4, 5]
    assert len(pages) == 2
    s3.put(upload, 3, bytes(8))
    assert s3.store.arrived(upload) == [1, 2, 3, 4, 5]
    assert len(pages) == 2 + 3


WHOLE_AND_IN_PARTS = pytest.mark.parametrize(
    "content", [b"hello", A + b"hello"], ids=["whole", "in parts"]
)


@WHOLE_AND_IN_PARTS
def test_assembling_again_is_the_same(s3: Bucket, content: bytes) -> None:
    """As after a crash, before and after the file's row was written."""
    upload = s3.sent(content)
    s3.store.assemble(upload)
    s3.store.assemble(upload)
    s3.store.clean_up(upload)
    s3.store.assemble(upload)
    s3.store.clean_up(upload)
    assert s3.store.arrived(upload) == list(range(1, upload.part_count + 1))
    assert s3.read(upload.key) == content
    assert s3.kept() == {f"files/{upload.key}"}


@WHOLE_AND_IN_PARTS
def test_assembling_at_once_is_the_same(s3: Bucket, content: bytes) -> None:
    """In two tabs."""
    upload, start = s3.sent(content), Barrier(4)

    def assemble() -> None:
        start.wait()
        s3.store.assemble(upload)

    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(assemble) for _ in range(4)]:
            done.result()
    assert s3.read(upload.key) == content


@WHOLE_AND_IN_PARTS
def test_part_sent_again_after_the_commit_changes_nothing(s3: Bucket, content: bytes) -> None:
    """The addresses have not expired. `clean_up`, which the sweep calls again, drops what came."""
    upload = s3.begin(len(content))
    addresses = [s3.address(upload, number) for number in range(1, upload.part_count + 1)]
    s3.send(upload, content)
    s3.store.assemble(upload)
    s3.store.clean_up(upload)
    for address in addresses:
        send(address, b"x" * address.size)
    assert s3.read(upload.key) == content
    s3.store.clean_up(upload)
    assert s3.kept() == {f"files/{upload.key}"}


def test_verified_content_cannot_be_exchanged(s3: Bucket) -> None:
    """Sending other bytes during a first commit, and committing again, does not exchange them."""
    upload = s3.sent(b"hello")
    s3.store.assemble(upload)
    assert send(s3.address(upload), b"other").status_code == 404
    s3.store.assemble(upload)
    assert s3.read(upload.key) == b"hello"


def test_unsigned_header_fields_are_not_stored(s3: Bucket) -> None:
    """With a stored Content-Encoding, browsers would decode bytes that nobody verified."""
    upload = s3.begin(5)
    said = {"Content-Encoding": "gzip", "Cache-Control": "public", "Content-Language": "tlh"}
    assert send(s3.address(upload), b"hello", **said).ok
    s3.store.assemble(upload)
    where = {"Bucket": s3.server.bucket, "Key": f"{s3.prefix}files/{upload.key}"}
    kept = s3.server.client().head_object(**where)
    assert kept["ContentType"] == upload.content_type
    assert not kept.keys() & {"ContentEncoding", "CacheControl", "ContentLanguage"}


def test_a_part_that_changes_while_it_is_completed_is_not_taken(s3: Bucket) -> None:
    """Amazon refuses then, others take the part that was listed; none takes what was not seen."""
    upload = s3.sent(A + b"hello")
    s3.before("CompleteMultipartUpload", once(lambda: s3.put(upload, 2, b"other")))
    s3.store.assemble(upload)
    assert s3.read(upload.key) == A + b"hello"


def test_a_part_that_is_not_the_listed_one_has_not_arrived(s3: Bucket) -> None:
    """What a server says whose part has changed since it was listed."""
    upload = s3.sent(A + b"hello")

    def change(params: dict[str, Any], **_: Any) -> None:
        params["MultipartUpload"]["Parts"][1]["ETag"] = '"5d41402abc4b2a76b9719d911017c593"'

    events, name = s3.store.client().meta.events, "provide-client-params.s3.CompleteMultipartUpload"
    events.register(name, change)
    with pytest.raises(Incomplete):
        s3.store.assemble(upload)
    events.unregister(name, change)
    s3.store.assemble(upload)
    assert s3.read(upload.key) == A + b"hello"


def once(do: Callable[[], None]) -> Callable[[], None]:
    left = [do]

    def call() -> None:
        if left:
            left.pop()()

    return call


@pytest.mark.parametrize("size", [5, PART_BYTES + 5])
def test_nothing_is_left_of_what_is_discarded(s3: Bucket, size: int) -> None:
    """Before the first byte, in between, after the last, assembled; and twice."""

    def begun() -> Upload:
        return s3.begin(size)

    def half() -> Upload:
        upload = s3.begin(size)
        s3.put(upload, upload.part_count, b"hello")
        return upload

    def whole() -> Upload:
        return s3.sent(b"x" * size)

    def assembled() -> Upload:
        upload = whole()
        s3.store.assemble(upload)
        return upload

    for made in (begun, half, whole, assembled):
        upload = made()
        s3.store.discard(upload)
        assert s3.kept() == set()
        s3.store.discard(upload)
        assert s3.store.arrived(upload) == []
        with pytest.raises(Incomplete):
            s3.store.assemble(upload)


def test_unfinished_begin_is_discarded_without_its_handle(s3: Bucket) -> None:
    """As if killed before the handle was written down, more than once; its neighbours stay."""
    neighbour = s3.sent(A + b"hello")
    longer = neighbour._replace(key=f"{neighbour.key}-longer", handle=None)
    for _ in range(3):
        s3.store.begin(longer)
    other = s3.begin(PART_BYTES + 5)
    nameless = other._replace(handle=None)
    s3.store.begin(nameless)
    assert s3.store.arrived(nameless) == []
    s3.store.discard(nameless)
    assert s3.kept() == {f"files/{neighbour.key}", f"files/{longer.key}"}
    s3.store.discard(longer)
    assert s3.kept() == {f"files/{neighbour.key}"}
    s3.store.assemble(neighbour)
    assert s3.read(neighbour.key) == A + b"hello"


@pytest.mark.parametrize("size", [5, PART_BYTES + 5])
@pytest.mark.parametrize("end", ["discard", "assemble"])
def test_no_byte_is_taken_after_the_end(s3: Bucket, size: int, end: str) -> None:
    """The addresses have not expired; what they could still fill, no row would count."""
    upload = s3.sent(b"x" * size)
    addresses = [s3.address(upload, number) for number in range(1, upload.part_count + 1)]
    getattr(s3.store, end)(upload)
    there = s3.kept()
    for address in addresses:
        assert send(address, b"y" * address.size).status_code == 404
    assert s3.kept() == there


def test_the_address_of_a_file_of_no_bytes_takes_none(s3: Bucket) -> None:
    upload = s3.begin(0)
    assert send(s3.address(upload), b"y").status_code == 403
    assert send(s3.address(upload), b"").status_code == 200
    s3.store.assemble(upload)
    assert send(s3.address(upload), b"y").status_code == 403
    assert s3.read(upload.key) == b""


@pytest.mark.parametrize(
    "size", [0, 5, SAVED_PART_BYTES - 1, SAVED_PART_BYTES, 2 * SAVED_PART_BYTES + 1]
)
def test_the_server_saves_what_it_made_itself(s3: Bucket, size: int) -> None:
    content = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    assert s3.store.save("made-here", Trickle(content), "image/avif") == size
    assert s3.store.size("made-here") == size
    assert s3.read("made-here") == content
    assert s3.kept() == {"files/made-here"}


@pytest.mark.parametrize("size", [5, SAVED_PART_BYTES + 5])
def test_content_that_breaks_off_is_not_saved(s3: Bucket, size: int) -> None:
    class Broken(io.BytesIO):
        def read(self, length: int | None = -1) -> bytes:
            piece = super().read(length)
            if not piece:
                raise TimeoutError("cannot be read on")
            return piece

    with pytest.raises(TimeoutError, match="cannot be read on"):
        s3.store.save("made-here", Broken(b"x" * size), "image/avif")
    assert s3.kept() == set()


class Trickle(io.BytesIO):
    """Gives less than it is asked for."""

    def read(self, length: int | None = -1) -> bytes:
        return super().read(min(length or 0, 1_000_000))


def test_bytes_are_read_from_anywhere(s3: Bucket) -> None:
    content = bytes(range(256)) * 1024
    s3.store.save("made-here", io.BytesIO(content), "image/avif")
    for start, stop in ((0, None), (5, None), (5, 9), (0, 0), (9, 5), (len(content), None)):
        with s3.store.open("made-here", start, stop) as part:
            assert part.read() == content[start:stop]
    with s3.store.open("made-here", 1, len(content) + 100) as part:
        assert part.read() == content[1:]


def test_reader_can_seek(s3: Bucket) -> None:
    """Libraries for images and archives seek."""
    content = bytes(range(256)) * 1024
    s3.store.save("made-here", io.BytesIO(content), "image/avif")
    window = content[1000:200_000]
    with s3.store.open("made-here", 1000, 200_000) as part:
        assert part.seek(-10, io.SEEK_END) == len(window) - 10
        assert part.read() == window[-10:]
        assert part.seek(70_000) == 70_000
        assert part.read(10) == window[70_000:70_010]
        part.seek(-5, io.SEEK_CUR)
        assert part.read(100_000) == window[70_005:170_005]
        assert part.seek(500_000) == 500_000
        assert part.read() == b""
        with pytest.raises(ValueError, match="-1"):
            part.seek(-1)


def test_what_is_not_there_is_missing(s3: Bucket) -> None:
    with pytest.raises(Missing):
        s3.store.size("nothing")
    with pytest.raises(Missing):
        s3.store.open("nothing")
    s3.store.delete("nothing")


def test_a_deleted_object_is_gone(s3: Bucket) -> None:
    s3.store.save("made-here", io.BytesIO(b"hello"), "image/avif")
    s3.store.delete("made-here")
    assert s3.kept() == set()


def test_no_object_lies_on_this_machine(s3: Bucket) -> None:
    assert s3.store.path("made-here") is None
