"""Check the headers of pictures, and make square copies; everything that Pillow does is here.

Pictures come from strangers, and a small file may describe an enormous one. So nothing is decoded
before the header has shown its size, by no other decoder than the declared type's, and only a few
at a time are read or decoded. Their owners take turns.
"""

from __future__ import annotations

import io
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

from PIL import Image, ImageCms, ImageOps

from flask_dovetail import Bulkhead
from flask_dovetail.problems import FileRejected

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PIL.ImageFile import ImageFile

MAX_PIXELS = 50_000_000
HEADER_BYTES = 32 * 1024 * 1024
"""Enough for any header. Pillow reads WebP and AVIF whole, and of others as much as it needs."""

MOST_READS = 100_000
"""Pillow reads a few bytes at a time and keeps what it read: 32 MiB of the shortest parts would
take a gigabyte and 16 seconds. Parts of real files are longer."""

FORMATS = {
    "image/avif": "AVIF",
    "image/gif": "GIF",
    "image/jpeg": "JPEG",
    "image/png": "PNG",
    "image/webp": "WEBP",
}
"""Pillow's name of each content type that is checked."""

WIDTHS = (48, 96, 192, 384)
FALLBACK_WIDTH = 192
ENCODINGS: dict[str, dict[str, Any]] = {
    "image/avif": {"format": "AVIF", "quality": 60, "speed": 8},
    "image/webp": {"format": "WEBP", "quality": 80},
    "image/jpeg": {"format": "JPEG", "quality": 82, "progressive": True},
}
"""The smallest first: a browser takes the first one that it knows."""

# 50 megapixels are 200 MB while they are decoded, in WebP 750 MB.
decoding = Bulkhead("pictures", at_once=1, waiting=3, wait_seconds=10)
# A header may be made of 32 MiB of metadata.
looking = Bulkhead("pictures", at_once=2, waiting=16, wait_seconds=10)


class Square(NamedTuple):
    """One copy, `width` pixels wide and high."""

    width: int
    content_type: str
    content: bytes


def check(content: BinaryIO, content_type: str, owner: str | None = None) -> None:
    """Check the header of a picture; other files are not read.

    Raises:
        FileRejected: the picture cannot be read, or has more than 50 megapixels.
        ServiceUnavailable: too many others are being checked.
    """
    if content_type in FORMATS:
        beginning = _Counted(_Beginning(content, HEADER_BYTES))
        with looking.for_client(owner), _open(beginning, content_type):
            pass


def squares(content: BinaryIO, content_type: str, owner: str | None = None) -> list[Square]:
    """Make square copies from the middle of a picture: upright, no metadata, only the first frame.

    In AVIF and WebP at 48, 96, 192 and 384 pixels, in JPEG at 192; none is larger than the picture,
    but for the smallest.

    Raises:
        FileRejected: the picture cannot be decoded, or has more than 50 megapixels.
        ServiceUnavailable: too many others wait for theirs.
    """
    with decoding.for_client(owner):
        with _open(_Counted(io.BytesIO(content.read())), content_type) as picture:
            side = min(picture.size)
            whole = _square(picture)
        widths = [width for width in WIDTHS if width <= side] or [WIDTHS[0]]
        fallback = max(width for width in widths if width <= FALLBACK_WIDTH)
        return [
            Square(width, kind, _encoded(whole, width, kind))
            for kind in ENCODINGS
            for width in (widths if kind != "image/jpeg" else [fallback])
        ]


class _Beginning(io.RawIOBase):
    """The first bytes of a file, read on demand; it ends after them."""

    def __init__(self, content: BinaryIO, length: int) -> None:
        self._content = content
        self._length = length
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        origin = (0, self._position, self._length)[whence]
        self._position = max(0, origin + offset)
        return self._position

    def readinto(self, buffer: Any) -> int:
        self._content.seek(self._position)
        data = self._content.read(max(0, min(len(buffer), self._length - self._position)))
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)


class _Counted(io.BufferedReader):
    """A file that may be read so often, and no more."""

    _reads = 0

    def read(self, size: int | None = -1, /) -> bytes:
        self._reads += 1
        if self._reads > MOST_READS:
            raise ValueError("more parts than a picture has")
        return super().read(size)


@contextmanager
def _open(data: BinaryIO, content_type: str) -> Iterator[ImageFile]:
    """Open a picture with a valid header; any failure in the block is the picture's fault too."""
    try:
        with Image.open(data, formats=[FORMATS[content_type]]) as picture:
            width, height = picture.size
            if width * height > MAX_PIXELS:
                raise Image.DecompressionBombError
            yield picture
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):  # Pillow's own bound
        raise FileRejected("A picture may have 50 megapixels.") from None
    except Exception:  # every decoder of Pillow's fails in ways of its own; all of them mean this
        raise FileRejected("This picture cannot be read.") from None


def _square(picture: ImageFile) -> Image.Image:
    """Return the largest copy, in RGB or RGBA and the colours of the web."""
    largest = WIDTHS[-1]
    picture.draft("RGB", (2 * largest, 2 * largest))  # a large JPEG is decoded to an eighth
    picture.load()
    mode = "RGBA" if picture.has_transparency_data else "RGB"
    image: Image.Image = picture
    if image.mode.startswith("I"):  # 16 bits of grey, which `convert` would cut off at 255
        image = image.point(lambda value: value / 256).convert("L")
    if image.mode not in ("L", "RGB", "RGBA"):
        image = image.convert(mode)
    square = ImageOps.fit(image, (largest, largest), Image.Resampling.LANCZOS)
    upright = _in_srgb(ImageOps.exif_transpose(square).convert(mode))
    upright.info.clear()
    return upright


def _in_srgb(image: Image.Image) -> Image.Image:
    """Return the same colours without the profile, which is dropped with the other metadata."""
    embedded = image.info.get("icc_profile")
    if not embedded:
        return image
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(embedded))
        if profile.profile.xcolor_space.strip() != "RGB":
            return image
        converted = ImageCms.profileToProfile(image, profile, ImageCms.createProfile("sRGB"))
    except (ImageCms.PyCMSError, OSError):  # a broken profile; the picture is not
        return image
    return converted or image


def _encoded(square: Image.Image, width: int, content_type: str) -> bytes:
    image = square.resize((width, width), Image.Resampling.LANCZOS)
    if content_type == "image/jpeg" and image.mode == "RGBA":
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image).convert("RGB")
    encoded = io.BytesIO()
    image.save(encoded, **ENCODINGS[content_type])
    return encoded.getvalue()
