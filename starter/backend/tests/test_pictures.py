"""What is taken for a picture, and what is made of one."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, BinaryIO

import pytest
from PIL import Image

from app import pictures
from app.pictures import HEADER_BYTES, check, squares
from flask_dovetail import Bulkhead
from flask_dovetail.problems import FileRejected, ServiceUnavailable
from starter_support.images import (
    BLUE,
    GREEN,
    RED,
    WHITE,
    bomb,
    cut,
    declaring,
    encoded,
    in_other_colours,
    moving,
    photo,
    quarters,
    turned,
)

KINDS = ["image/avif", "image/jpeg", "image/png", "image/webp"]


def made(content: bytes, content_type: str) -> dict[tuple[str, int], Image.Image]:
    """The copies, decoded, by type and width."""
    found = {}
    for square in squares(io.BytesIO(content), content_type):
        with Image.open(io.BytesIO(square.content)) as image:
            image.load()
        assert Image.MIME[image.format or ""] == square.content_type
        assert image.size == (square.width, square.width)
        found[square.content_type, square.width] = image
    return found


def colours(image: Image.Image) -> list[tuple[int, ...]]:
    """In the middle of each quarter, rounded to what encoders keep."""
    near, far = image.width // 4, image.width * 3 // 4
    places = ((near, near), (far, near), (near, far), (far, far))
    return [
        tuple(255 if part > 200 else 0 if part < 55 else part for part in pixel[:3])
        for pixel in (image.convert("RGB").getpixel(place) for place in places)
        if isinstance(pixel, tuple)
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_copies_are_made_in_the_sizes_and_formats_of_screens(kind: str) -> None:
    found = made(photo(kind), kind)
    assert set(found) == {
        *(("image/avif", width) for width in (48, 96, 192, 384)),
        *(("image/webp", width) for width in (48, 96, 192, 384)),
        ("image/jpeg", 192),
    }
    for image in found.values():
        assert colours(image) == [RED, GREEN, BLUE, WHITE]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("orientation", "upright"),
    [
        (1, [RED, GREEN, BLUE, WHITE]),
        (2, [GREEN, RED, WHITE, BLUE]),
        (3, [WHITE, BLUE, GREEN, RED]),
        (6, [BLUE, RED, WHITE, GREEN]),
        (8, [GREEN, WHITE, RED, BLUE]),
    ],
)
def test_a_photo_is_turned_as_the_camera_was_held_and_says_nothing_else_of_it(
    kind: str, orientation: int, upright: list[tuple[int, ...]]
) -> None:
    for image in made(turned(kind, orientation), kind).values():
        assert colours(image) == upright
        assert not image.getexif()
        assert not {"exif", "xmp", "icc_profile", "comment"} & set(image.info)


def test_a_colour_profile_is_applied_before_it_is_dropped() -> None:
    for image in made(in_other_colours(), "image/png").values():
        assert colours(image) == [GREEN, RED, BLUE, WHITE]
        assert "icc_profile" not in image.info


def test_a_broken_colour_profile_does_not_matter() -> None:
    content = encoded(quarters(), "image/png", icc_profile=b"no profile")
    assert colours(made(content, "image/png")["image/jpeg", 192]) == [RED, GREEN, BLUE, WHITE]


@pytest.mark.parametrize("kind", ["image/avif", "image/png", "image/webp"])
def test_a_moving_picture_is_its_first_frame(kind: str) -> None:
    for image in made(moving(kind), kind).values():
        assert colours(image) == [RED] * 4
        assert getattr(image, "n_frames", 1) == 1


def test_what_is_transparent_stays_so_and_is_white_in_jpeg() -> None:
    clear = Image.new("RGBA", (400, 400), (255, 0, 0, 0))
    found = made(encoded(clear, "image/png"), "image/png")
    assert found["image/webp", 48].getpixel((20, 20))[3] == 0  # type: ignore[index]
    assert found["image/avif", 48].getpixel((20, 20))[3] == 0  # type: ignore[index]
    assert colours(found["image/jpeg", 192]) == [WHITE] * 4


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "I;16"])
def test_every_kind_of_png_is_understood(mode: str) -> None:
    if mode == "I;16":  # half of what 16 bits can say
        image = Image.new("I;16", (400, 400), 0x8000)
    else:
        image = Image.new("L", (400, 400), 128).convert(mode)
    pixel = made(encoded(image, "image/png"), "image/png")["image/webp", 48].getpixel((20, 20))
    assert isinstance(pixel, tuple)
    assert all(112 < part < 144 for part in pixel[:3])


def test_a_photo_for_print_is_understood() -> None:
    content = encoded(quarters(mode="CMYK"), "image/jpeg")
    assert colours(made(content, "image/jpeg")["image/webp", 384]) == [RED, GREEN, BLUE, WHITE]


def test_no_copy_is_larger_than_the_picture() -> None:
    def widths(width: int, height: int) -> set[tuple[str, int]]:
        return set(made(encoded(quarters(width, height), "image/png"), "image/png"))

    assert widths(100, 300) == {
        *((kind, width) for kind in ("image/avif", "image/webp") for width in (48, 96)),
        ("image/jpeg", 96),
    }
    assert widths(1, 1) == {(kind, 48) for kind in ("image/avif", "image/webp", "image/jpeg")}


def test_a_bomb_within_the_bound_is_decoded() -> None:
    content = bomb()
    assert len(content) < 200_000
    assert ("image/jpeg", 192) in made(content, "image/png")


BROKEN = {
    "nothing": ("image/png", b""),
    "text": ("image/jpeg", b"hello"),
    "a program": ("image/png", b"MZ" + bytes(400)),
    "60000 x 60000": ("image/png", declaring(60_000, 60_000)),
    "just beyond the bound": ("image/png", declaring(50_000, 1_001)),
    "no pixels": ("image/png", declaring(0, 0)),
    "another kind": ("image/png", photo("image/jpeg")),
    "a header only": ("image/webp", photo("image/webp")[:30]),
    "an AVIF that ends early": ("image/avif", cut("image/avif")),
}
BROKEN_INSIDE = {
    "a JPEG that ends early": ("image/jpeg", cut("image/jpeg")),
    "a PNG that ends early": ("image/png", cut("image/png")),
    "a PNG of nothing": ("image/png", declaring(10, 10)),
    "a PNG of no compressed bytes": ("image/png", declaring(10, 10, b"not zlib")),
}


@pytest.mark.parametrize(("kind", "content"), BROKEN.values(), ids=BROKEN)
def test_what_has_no_header_of_a_reasonable_picture_is_refused(kind: str, content: bytes) -> None:
    with pytest.raises(FileRejected):
        check(io.BytesIO(content), kind)
    with pytest.raises(FileRejected):
        squares(io.BytesIO(content), kind)


@pytest.mark.parametrize(("kind", "content"), BROKEN_INSIDE.values(), ids=BROKEN_INSIDE)
def test_what_cannot_be_decoded_has_no_copies(kind: str, content: bytes) -> None:
    check(io.BytesIO(content), kind)
    with pytest.raises(FileRejected):
        squares(io.BytesIO(content), kind)


@pytest.mark.parametrize("side", [60_000, 10_000, 7_072])
def test_a_picture_that_is_too_large_is_told_the_bound(side: int) -> None:
    with pytest.raises(FileRejected) as refused:
        check(io.BytesIO(declaring(side, side)), "image/png")
    assert refused.value.detail == "A picture may have 50 megapixels."


class Counting(io.BytesIO):
    """Knows how much of it was read."""

    taken = 0

    def read(self, size: int | None = -1, /) -> bytes:
        assert size is not None
        assert size >= 0, "everything at once"
        data = super().read(size)
        self.taken += len(data)
        return data


@pytest.mark.parametrize("kind", ["image/gif", "image/jpeg", "image/png"])
def test_a_check_reads_no_more_than_the_header(kind: str) -> None:
    """A picture of megabytes takes no more memory than a small one."""
    content = Counting(encoded(quarters(), kind) + bytes(5 * 1024 * 1024))
    check(content, kind)
    assert content.taken <= 64 * 1024


def test_a_header_without_an_end_is_read_to_the_bound() -> None:
    """A JPEG of nothing but comments, as no camera makes one."""
    comment = b"\xff\xfe\xff\xff" + bytes(65_533)
    content = Counting(b"\xff\xd8" + comment * 600)
    with pytest.raises(FileRejected):
        check(content, "image/jpeg")
    assert content.taken <= HEADER_BYTES


@pytest.mark.parametrize("kind", ["video/mp4", "image/svg+xml", "application/pdf"])
def test_a_check_reads_nothing_of_what_is_no_picture(kind: str) -> None:
    content = Counting(photo("image/png"))
    check(content, kind)
    assert content.taken == 0


def test_a_header_of_very_many_parts_is_refused() -> None:
    """Each costs time and memory, however short it is; what a camera writes has few, and long."""
    picture = photo()
    few_and_long = (b"\xff\xe5\xff\xff" + bytes(0xFFFD)) * 100
    check(io.BytesIO(picture[:2] + few_and_long + picture[2:]), "image/jpeg")
    many_and_short = b"\xff\xe5\x00\x02" * 60_000
    for look in (check, squares):
        with pytest.raises(FileRejected):
            look(io.BytesIO(picture[:2] + many_and_short + picture[2:]), "image/jpeg")


@pytest.mark.parametrize(("name", "use"), [("decoding", squares), ("looking", check)])
def test_who_would_wait_behind_too_many_is_told_to_come_back(
    monkeypatch: pytest.MonkeyPatch, name: str, use: Callable[[BinaryIO, str], object]
) -> None:
    """Else their requests would hold every thread of the server, or its memory."""
    picture = photo("image/png")
    bulkhead = Bulkhead("pictures", at_once=1, waiting=0)
    monkeypatch.setattr(pictures, name, bulkhead)
    with bulkhead, pytest.raises(ServiceUnavailable) as refused:
        use(io.BytesIO(picture), "image/png")
    assert int(refused.value.headers["Retry-After"]) > 0
    with pytest.raises(FileRejected):
        use(io.BytesIO(b"no picture"), "image/png")
    use(io.BytesIO(picture), "image/png")  # who was refused holds no place


def test_one_person_does_not_fill_the_queue_of_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    queue = Bulkhead("pictures", at_once=1, waiting=3, wait_seconds=10)
    monkeypatch.setattr(pictures, "decoding", queue)
    picture = photo("image/png")
    with ThreadPoolExecutor(4) as pool:
        with queue:
            greedy = [
                pool.submit(squares, io.BytesIO(picture), "image/png", "greedy") for _ in range(3)
            ]
            while len(queue._lines.get("greedy", ())) < 3:
                time.sleep(0.001)
            other = pool.submit(squares, io.BytesIO(picture), "image/png", "other")
            while "other" not in queue._lines:
                assert not other.done()
                time.sleep(0.001)
        assert other.result()
        assert sum(each.exception() is None for each in greedy) == 2


def test_one_picture_at_a_time_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four people at once all get their copies, one after the other."""
    at_once: list[int] = []
    running = 0
    opened = pictures._open

    @contextmanager
    def counted(*args: Any) -> Iterator[Any]:
        nonlocal running
        running += 1
        at_once.append(running)
        with opened(*args) as picture:
            yield picture
        running -= 1

    monkeypatch.setattr(pictures, "_open", counted)
    content = photo("image/png")
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: squares(io.BytesIO(content), "image/png"), range(4)))
    assert all(made)
    assert at_once == [1, 1, 1, 1]
