"""The store in a real S3 server, and uploads to it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

import requests

from flask_dovetail.core import settings
from flask_dovetail.files.config import FileSettings
from flask_dovetail.files.policy import Upload
from flask_dovetail.files.stores.s3.store import S3Store
from flask_dovetail.files.stores.store import PartUrl, Ticket
from support.seaweed import Seaweed

PART_BYTES = 5 * 1024 * 1024  # the least that S3 puts together
NOW = 1_800_000_000


def open_s3(config: dict[str, Any]) -> S3Store:
    """The store of an app with that configuration."""
    return S3Store(settings.read(FileSettings, config), clock=lambda: NOW)


@dataclass
class Bucket:
    """A store in a real server, and uploads to it as a browser makes them."""

    config: dict[str, Any]
    server: Seaweed

    def __post_init__(self) -> None:
        self.prefix: str = self.config["DOVETAIL_FILES_S3_PREFIX"]
        self.reopen()

    def reopen(self) -> None:
        """As another process does."""
        self.store = open_s3(self.config)

    def begin(
        self, size: int, *, part_size: int = PART_BYTES, content_type: str = "image/png"
    ) -> Upload:
        key = uuid.uuid4().hex
        upload = Upload(
            key, "ada", "file", "a.png", content_type, size, None, part_size, None, None, NOW, NOW
        )
        return upload._replace(handle=self.store.begin(upload))

    def address(self, upload: Upload, number: int = 1, *, seconds: int = 600) -> PartUrl:
        ticket = Ticket("ada", "login", NOW + seconds)
        return self.store.part_urls(upload, [number], ticket)[0]

    def put(self, upload: Upload, number: int, content: bytes) -> None:
        """Send one part."""
        sent = send(self.address(upload, number), content)
        assert sent.status_code == 200, sent.text

    def send(self, upload: Upload, content: bytes) -> None:
        """Send every part."""
        for number in range(1, upload.part_count + 1):
            start = (number - 1) * upload.part_size
            self.put(upload, number, content[start : start + upload.part_size])

    def sent(self, content: bytes, **options: Any) -> Upload:
        """An upload whose every byte is there."""
        upload = self.begin(len(content), **options)
        self.send(upload, content)
        return upload

    def read(self, key: str) -> bytes:
        with self.store.open(key) as content:
            return content.read()

    def kept(self) -> set[str]:
        """Whatever is there, by its name below the prefix: objects, and uploads not completed."""
        client, where = self.server.client(), {"Bucket": self.server.bucket, "Prefix": self.prefix}
        objects = client.list_objects_v2(**where).get("Contents", ())
        begun = client.list_multipart_uploads(**where).get("Uploads", ())
        return {each["Key"].removeprefix(self.prefix) for each in (*objects, *begun)}

    def before(self, operation: str, do: Any) -> None:
        """Call `do()` whenever the store is about to ask for that, such as CopyObject."""
        name = f"before-call.s3.{operation}"
        self.store.client().meta.events.register(name, lambda **_: do())


def send(part: PartUrl, content: Any, **headers: str) -> requests.Response:
    """What a browser does with an address; other headers replace those that it was told."""
    return requests.put(part.url, data=content, headers={**part.headers, **headers}, timeout=30)
