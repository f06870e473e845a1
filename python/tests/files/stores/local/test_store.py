"""The local store beyond what every store promises: threads, processes, kills, full disks."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier, Event
from typing import Any

import pytest

from flask_dovetail.files.policy import Upload
from flask_dovetail.files.stores.local.part_urls import Part
from flask_dovetail.files.stores.local.store import CutOff, LocalStore
from flask_dovetail.files.stores.store import Incomplete, Missing, NoSpace
from support.parts_server import make_upload, open_store
from support.paths import TESTS

KEY = "k" * 32
PART = 1024 * 1024
UPLOAD = make_upload(KEY, 3 * PART + 5, PART)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "files"


@pytest.fixture
def store(folder: Path) -> LocalStore:
    opened = open_store(folder)
    opened.begin(UPLOAD)
    return opened


def part(number: int, upload: Upload = UPLOAD) -> Part:
    """The permission to send that part."""
    offset, size = (number - 1) * upload.part_size, upload.part_length(number)
    return Part(upload.key, number, offset, size, "ada", "login", 0)


def giving(byte: int, size: int) -> Callable[[memoryview], int]:
    """What reads `size` bytes of that value."""
    left = size

    def read_into(buffer: memoryview) -> int:
        nonlocal left
        count = min(len(buffer), left)
        left -= count
        buffer[:count] = bytes([byte]) * count
        return count

    return read_into


def send(store: LocalStore, number: int, byte: int, upload: Upload = UPLOAD) -> None:
    store.receive(part(number, upload), giving(byte, upload.part_length(number)))


def content(store: LocalStore, key: str = KEY) -> bytes:
    with store.open(key) as opened:
        return opened.read()


def digest(byte: int, size: int) -> str:
    return hashlib.sha256(bytes([byte]) * size).hexdigest()


class Worker:
    """Another process that receives one part (`support/parts_worker.py`)."""

    def __init__(
        self,
        folder: Path,
        sent: Part,
        byte: int,
        *,
        stop_after: int | None = None,
        most: Any = None,
    ) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "support.parts_worker"],
            cwd=TESTS,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        place = [sent.key, sent.number, sent.offset, sent.size]
        told = {"folder": str(folder), "part": place, "byte": byte}
        assert self.process.stdin is not None
        self.process.stdin.write(
            json.dumps({**told, "stop_after": stop_after, "most": most}) + "\n"
        )
        self.process.stdin.flush()

    def says(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def end(self, *, kill: bool = False) -> None:
        if kill:
            self.process.kill()
        self.process.communicate()


def test_received_part_is_digested_without_a_second_read(store: LocalStore) -> None:
    """`assemble` returns the SHA-256 of each part, computed while it was received."""
    for number in (4, 2, 1, 3):
        send(store, number, number)
    assert store.assemble(UPLOAD) == (
        digest(1, PART),
        digest(2, PART),
        digest(3, PART),
        digest(4, 5),
    )


def test_a_part_that_is_cut_off_is_not_there(store: LocalStore, folder: Path) -> None:
    """What comes in its place is whole, and no file is left of the attempt."""
    with pytest.raises(CutOff):
        store.receive(part(1), giving(7, PART - 1))
    assert store.arrived(UPLOAD) == []
    assert len(list((folder / "uploads").iterdir())) == 2
    for number in range(1, 5):
        send(store, number, number)
    store.assemble(UPLOAD)
    assert content(store)[:PART] == b"\1" * PART


def test_a_part_that_is_cut_off_leaves_the_one_before_as_it_was(store: LocalStore) -> None:
    """Sending an arrived part again and failing takes nothing back."""
    for number in range(1, 5):
        send(store, number, number)
    with pytest.raises(CutOff):
        store.receive(part(2), giving(9, PART - 1))
    digests = store.assemble(UPLOAD)
    assert digests is not None
    assert digests[1] == digest(2, PART)
    assert content(store)[PART : 2 * PART] == b"\2" * PART


@pytest.mark.parametrize("arrived_before", [False, True])
def test_same_part_sent_twice_at_once_is_one_whole_part(
    store: LocalStore, arrived_before: bool
) -> None:
    """The bytes of two connections are never mixed, however their reads alternate."""
    if arrived_before:
        send(store, 1, 9)
    first_waits, second_done = Event(), Event()
    inner = giving(1, PART)
    reads = 0

    def slowly(buffer: memoryview) -> int:
        nonlocal reads
        reads += 1
        if reads == 2:
            first_waits.set()
            assert second_done.wait(30)
        return inner(buffer)

    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(store.receive, part(1), slowly)
        assert first_waits.wait(30)
        send(store, 1, 2)
        assert store.arrived(UPLOAD) == [1]
        second_done.set()
        first.result()
    for number in (2, 3, 4):
        send(store, number, 0)
    _assert_each_part_is_one_sender_s(store)


def test_a_part_sent_again_replaces_the_one_before(store: LocalStore) -> None:
    """Whole, and only when it is whole."""
    for number in range(1, 5):
        send(store, number, number)
    send(store, 2, 9)
    digests = store.assemble(UPLOAD)
    assert digests is not None
    assert digests[1] == digest(9, PART)
    assert content(store)[PART : 2 * PART] == b"\x09" * PART


def test_parts_from_many_threads_at_once_are_each_of_one_sender(store: LocalStore) -> None:
    """Eight threads send all parts, each its own bytes: every part is one thread's whole."""
    together = Barrier(8)

    def send_all(byte: int) -> None:
        together.wait(30)
        for number in range(1, 5):
            send(store, number, byte)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(send_all, range(1, 9)))
    _assert_each_part_is_one_sender_s(store)


def test_parts_from_many_processes_at_once_are_each_of_one_sender(
    store: LocalStore, folder: Path
) -> None:
    """Processes exclude one another as threads do."""
    workers = [Worker(folder, part(number), byte) for number in (1, 2) for byte in (1, 2)]
    send(store, 3, 3)
    send(store, 4, 4)
    assert [worker.says() for worker in workers] == ["received"] * len(workers)
    for worker in workers:
        worker.end()
    _assert_each_part_is_one_sender_s(store)


def _assert_each_part_is_one_sender_s(store: LocalStore) -> None:
    digests = store.assemble(UPLOAD)
    assert digests is not None
    whole = content(store)
    for number, told in enumerate(digests, 1):
        offset, size = part(number)[2:4]
        bytes_of_part = whole[offset : offset + size]
        assert len(set(bytes_of_part)) == 1
        assert hashlib.sha256(bytes_of_part).hexdigest() == told


def test_a_process_killed_in_the_middle_of_a_part_leaves_nothing(
    store: LocalStore, folder: Path
) -> None:
    """`kill -9` while a part is received: its bytes are gone, and the rest goes on."""
    for number in (1, 2, 4):
        send(store, number, number)
    worker = Worker(folder, part(3), 9, stop_after=PART // 2)
    assert worker.says() == "stopped"
    worker.end(kill=True)
    assert store.arrived(UPLOAD) == [1, 2, 4]
    assert len(list((folder / "uploads").iterdir())) == 2
    send(store, 3, 3)
    assert store.assemble(UPLOAD) is not None
    assert content(store)[2 * PART : 3 * PART] == b"\3" * PART


def test_kill_while_replacing_a_part_leaves_it_not_arrived(
    store: LocalStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half-copied bytes are never under a digest, the old one included."""
    send(store, 1, 1)

    def killed(source: int, target: int, count: int, at: int, to: int) -> int:
        os.pwrite(target, os.pread(source, count // 2, at), to)
        raise KeyboardInterrupt  # nothing catches it: as far as our code goes, a kill

    monkeypatch.setattr(os, "copy_file_range", killed, raising=False)
    with pytest.raises(KeyboardInterrupt):
        send(store, 1, 2)
    assert store.arrived(UPLOAD) == []


def test_a_part_on_its_way_while_the_whole_is_assembled_comes_too_late(store: LocalStore) -> None:
    """What `assemble` has looked at does not change any more."""
    for number in range(1, 5):
        send(store, number, number)
    inner = giving(9, PART)
    assembled: list[tuple[str, ...] | None] = []

    def assembling_first(buffer: memoryview) -> int:
        if not assembled:
            assembled.append(store.assemble(UPLOAD))
        return inner(buffer)

    with pytest.raises(Missing):
        store.receive(part(1), assembling_first)
    assert content(store)[:PART] == b"\1" * PART


def test_assembling_while_parts_are_replaced_gives_bytes_that_fit_their_digests(
    folder: Path,
) -> None:
    """However a commit and a late part race: the object is what its digests say."""
    store = open_store(folder)
    for round_ in range(20):
        upload = make_upload(f"{round_:032d}", 4 * 65_536, 65_536)
        store.begin(upload)
        for number in range(1, 5):
            send(store, number, 1, upload)
        together = Barrier(2)

        def replace(together: Barrier = together, upload: Upload = upload) -> None:
            together.wait(30)
            try:
                for byte in range(2, 40):
                    send(store, 1 + byte % 4, byte, upload)
            except Missing:
                return

        with ThreadPoolExecutor(1) as threads:
            replacing = threads.submit(replace)
            together.wait(30)
            digests = store.assemble(upload)
            replacing.result()
        whole = content(store, upload.key)
        assert digests == tuple(
            hashlib.sha256(whole[at : at + 65_536]).hexdigest() for at in range(0, 262_144, 65_536)
        )


def test_assembling_from_two_sides_at_once_gives_one_object(store: LocalStore) -> None:
    """Two tabs that commit get the same digests."""
    for number in range(1, 5):
        send(store, number, number)
    together = Barrier(4)

    def assemble() -> tuple[str, ...] | None:
        together.wait(30)
        return store.assemble(UPLOAD)

    with ThreadPoolExecutor(4) as threads:
        results = [future.result() for future in [threads.submit(assemble) for _ in range(4)]]
    assert len(set(results)) == 1
    assert results[0] is not None


def test_assembling_after_it_was_finished_finds_the_object(store: LocalStore) -> None:
    """A commit that lost the race still has bytes to look at."""
    for number in range(1, 5):
        send(store, number, number)
    store.assemble(UPLOAD)
    store.clean_up(UPLOAD)
    assert store.assemble(UPLOAD) is None
    assert store.size(KEY) == UPLOAD.size


def test_an_upload_that_is_discarded_while_a_part_arrives_stays_discarded(
    store: LocalStore, folder: Path
) -> None:
    """The part is told that there is no such upload, and leaves no file behind."""
    inner = giving(1, PART)

    def discarding_first(buffer: memoryview) -> int:
        store.discard(UPLOAD)
        return inner(buffer)

    with pytest.raises(Missing):
        store.receive(part(1), discarding_first)
    assert [path for path in folder.rglob("*") if path.is_file()] == []


def test_a_file_that_may_not_grow_is_told_as_no_space_and_leaves_nothing(
    store: LocalStore, folder: Path
) -> None:
    """The system refuses to write on half-way; the part can be sent again later."""
    worker = Worker(folder, part(1), 1, most=PART // 2)
    assert worker.says() == "no space"
    worker.end()
    assert store.arrived(UPLOAD) == []
    assert len(list((folder / "uploads").iterdir())) == 2
    send(store, 1, 1)
    assert store.arrived(UPLOAD) == [1]


@pytest.mark.parametrize("reason", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_each_way_of_being_full_is_no_space(
    store: LocalStore, monkeypatch: pytest.MonkeyPatch, reason: int
) -> None:
    """Disk, quota, file system: for the sender it is the same."""

    def full(*_args: object) -> int:
        raise OSError(reason, os.strerror(reason))

    with monkeypatch.context() as patched:
        patched.setattr(os, "pwrite", full)
        with pytest.raises(NoSpace):
            send(store, 1, 1)
    with monkeypatch.context() as patched:
        patched.setattr(os, "ftruncate", full)
        with pytest.raises(NoSpace):
            store.begin(make_upload("n" * 32, 10, PART))
    assert store.arrived(UPLOAD) == []


def test_another_fault_of_the_disk_is_not_called_full(
    store: LocalStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An I/O error comes through as it is."""

    def broken(*_args: object) -> int:
        raise OSError(errno.EIO, "I/O error")

    monkeypatch.setattr(os, "pwrite", broken)
    with pytest.raises(OSError, match="I/O error"):
        send(store, 1, 1)


def test_upload_without_disk_space_is_refused_before_its_first_byte(
    store: LocalStore, folder: Path
) -> None:
    """More than the disk has free: NoSpace when the upload begins, and no file of its size."""
    with pytest.raises(NoSpace):
        store.begin(make_upload("n" * 32, 2**60, 2**40))
    assert not list(folder.rglob("n*"))


def test_copying_works_where_the_kernel_cannot_do_it(
    store: LocalStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some file systems refuse `copy_file_range`, some systems have none."""

    def refused(*_args: int) -> int:
        raise OSError(errno.EOPNOTSUPP, "not here")

    monkeypatch.setattr(os, "copy_file_range", refused, raising=False)
    send(store, 1, 1)
    monkeypatch.delattr(os, "copy_file_range")
    for number in (2, 3, 4):
        send(store, number, number)
    store.assemble(UPLOAD)
    assert content(store) == b"".join(bytes([n]) * part(n).size for n in range(1, 5))


def test_a_file_of_4_gib_less_one_byte_keeps_its_last_part_in_its_place(folder: Path) -> None:
    """Offsets beyond 32 bits with a sign; what has not been sent takes no room."""
    store = open_store(folder)
    upload = make_upload(KEY, 2**32 - 1, 67_108_000)
    store.begin(upload)
    last = upload.part_count
    send(store, last, 9, upload)
    assert store.arrived(upload) == [last]
    with pytest.raises(Incomplete) as incomplete:
        store.assemble(upload)
    assert incomplete.value.numbers == tuple(range(1, last))
    data = folder / "uploads" / f"{KEY}.data"
    assert data.stat().st_size == 2**32 - 1
    assert data.stat().st_blocks * 512 < 2**20
    with data.open("rb") as opened:
        opened.seek(part(last, upload).offset - 1)
        assert opened.read(2) == b"\0\x09"


@pytest.mark.parametrize(
    "key",
    ["../../etc/passwd", "..", "", "a/b", "k" * 31, "k" * 44, "k" * 31 + "\n", "k" * 31 + "ä"],
)
def test_a_key_that_is_none_names_no_file(store: LocalStore, key: str) -> None:
    """Whatever it would lead to, nothing is looked at."""
    for ask in (store.size, store.open, store.delete, store.path):
        with pytest.raises(Missing):
            ask(key)
    with pytest.raises(Missing):
        store.begin(UPLOAD._replace(key=key))


def test_a_link_in_the_place_of_an_object_is_not_followed(
    store: LocalStore, folder: Path, tmp_path: Path
) -> None:
    """Somebody who can write into the folder cannot make us read elsewhere, nor write there."""
    secret = tmp_path / "secret"
    secret.write_text("not yours")
    (folder / "objects" / "kk").mkdir(parents=True)
    (folder / "objects" / "kk" / KEY).symlink_to(secret)
    with pytest.raises(Missing):
        store.open(KEY)
    with pytest.raises(Missing):
        store.size(KEY)
    (folder / "uploads" / f"{KEY}.data").unlink()
    (folder / "uploads" / f"{KEY}.data").symlink_to(secret)
    with pytest.raises(Missing):
        send(store, 1, 1)
    assert secret.read_text() == "not yours"


def test_nobody_but_the_owner_and_the_group_may_read(store: LocalStore, folder: Path) -> None:
    """Folders 0750, files 0640 at most, so that nginx in the group can send them."""
    for number in range(1, 5):
        send(store, number, number)
    store.assemble(UPLOAD)
    for path in folder.rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) & 0o027 == 0, path


def test_a_whole_object_has_a_descriptor_and_can_be_sought(store: LocalStore) -> None:
    """A scan may go back and forth, and a server may send it without reading it."""
    for number in range(1, 5):
        send(store, number, number)
    store.assemble(UPLOAD)
    with store.open(KEY) as opened:
        assert os.fstat(opened.fileno()).st_size == UPLOAD.size
        opened.seek(PART)
        assert opened.read(1) == b"\2"
    where = store.path(KEY)
    assert where is not None
    assert where.stat().st_size == UPLOAD.size
