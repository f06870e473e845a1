"""Pictures to upload: honest ones, and such as no camera makes."""

from __future__ import annotations

import io
import struct
import zlib

from PIL import Image, ImageCms

ORIENTATION = 0x0112
FORMATS = {
    "image/avif": "AVIF",
    "image/gif": "GIF",
    "image/jpeg": "JPEG",
    "image/png": "PNG",
    "image/webp": "WEBP",
}
RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


def quarters(width: int = 640, height: int = 400, mode: str = "RGB") -> Image.Image:
    """Red, green / blue, white."""
    image = Image.new("RGB", (2, 2))
    image.putdata([RED, GREEN, BLUE, WHITE])
    return image.resize((width, height), Image.Resampling.NEAREST).convert(mode)


def encoded(image: Image.Image, content_type: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, FORMATS[content_type], **options)
    return file.getvalue()


def photo(content_type: str = "image/jpeg") -> bytes:
    return encoded(quarters(), content_type)


def turned(content_type: str, orientation: int) -> bytes:
    """A photo whose metadata say how the camera was held, and where."""
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    exif[0x010E] = "taken at home"
    return encoded(quarters(), content_type, exif=exif.tobytes())


def in_other_colours() -> bytes:
    """A photo whose colour profile has red and green swapped."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    places = {profile.index(tag) for tag in (b"rXYZ", b"gXYZ")}
    red, green = sorted(places)
    swapped = bytearray(profile)
    swapped[red : red + 4], swapped[green : green + 4] = b"gXYZ", b"rXYZ"
    return encoded(quarters(), "image/png", icc_profile=bytes(swapped))


def moving(content_type: str) -> bytes:
    """A red frame, then a blue one."""
    first, second = (Image.new("RGB", (64, 64), colour) for colour in (RED, BLUE))
    return encoded(first, content_type, save_all=True, append_images=[second], duration=40)


def cut(content_type: str) -> bytes:
    """A photo that ends in the middle."""
    whole = encoded(Image.effect_noise((200, 200), 90).convert("RGB"), content_type)
    return whole[: len(whole) // 2]


def declaring(width: int, height: int, data: bytes = b"") -> bytes:
    """A PNG whose header says so, whatever follows."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", data) + _chunk(b"IEND")


def bomb() -> bytes:
    """A few kilobytes that are 7000 x 7000 pixels: a zip bomb's trick, within the bound."""
    return declaring(7000, 7000, zlib.compress(bytes((3 * 7000 + 1) * 7000), 9))


def _chunk(kind: bytes, data: bytes = b"") -> bytes:
    checked = kind + data
    return struct.pack(">I", len(data)) + checked + struct.pack(">I", zlib.crc32(checked))
