"""An app that does nothing but receive parts, for tests and as `gunicorn support.parts_server:app`.

Its folder is in `PARTS_FOLDER`. Every login lives, and addresses are signed with `SIGNER`.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

from flask import Flask

from flask_dovetail.auth import LoginAuthority
from flask_dovetail.core.signing import Signer
from flask_dovetail.files.policy import Upload
from flask_dovetail.files.stores.local.routes import blueprint
from flask_dovetail.files.stores.local.store import LocalStore
from support.bare_app import make_bare_app

SIGNER = Signer((b"a key of these tests alone, 32 B.",))


class Logins(LoginAuthority):
    """An authority that knows of logins what a function says."""

    def __init__(self, lives: Callable[[str, str], bool]) -> None:
        super().__init__(lambda _subject: None, frozenset())
        self._lives = lives

    def login_lives(self, subject: str, login_id: str) -> bool:
        return self._lives(subject, login_id)


def open_store(folder: Path, clock: Callable[[], float] = time.time) -> LocalStore:
    """The local store of that folder, without an origin in its addresses."""
    return LocalStore(folder, signer=SIGNER, clock=clock, address=str)


def make_parts_app(
    store: LocalStore,
    *,
    login_lives: Callable[[str, str], bool] = lambda _subject, _login: True,
    uploads_at_once: int = 20,
    clock: Callable[[], float] = time.time,
) -> Flask:
    """Parts and problems, and nothing else of Dovetail's."""
    app = make_bare_app("parts")
    app.register_blueprint(
        blueprint(
            lambda: store,
            Logins(login_lives),
            uploads_at_once=uploads_at_once,
            clock=clock,
        )
    )
    return app


def make_upload(key: str, size: int, part_size: int) -> Upload:
    """An upload of Ada's."""
    return Upload(
        key=key,
        owner="ada",
        purpose="file",
        name="holiday.bin",
        content_type="application/octet-stream",
        size=size,
        sha256=None,
        part_size=part_size,
        handle=None,
        fingerprint=None,
        created_at=1_800_000_000,
        expires_at=1_800_086_400,
    )


if "PARTS_FOLDER" in os.environ:
    app = make_parts_app(open_store(Path(os.environ["PARTS_FOLDER"])))
