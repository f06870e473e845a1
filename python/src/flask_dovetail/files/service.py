"""What files know of one app, kept as its state."""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from ..bulkhead import Bulkhead
from .policy import FilePolicy

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from sqlalchemy import Engine

    from ..auth.identity import Authority
    from .config import FileSettings
    from .rows import Rows
    from .rules.signing import Signer
    from .store import Store

log = logging.getLogger("flask_dovetail.files")

_NO_POLICY = FilePolicy()


@dataclass(frozen=True)
class Files:
    """The files of one app.

    Attributes:
        policies: by purpose; the first is meant where a request names none.
        folder: of the local store.
        api_origin: where browsers reach this app.
        page_origins: of the pages that may use it.
        signer: of the addresses that parts are sent to.
        link_signer: of the addresses that contents are read from.
        clock: Unix seconds.
    """

    settings: FileSettings
    policies: Mapping[str, FilePolicy]
    folder: Path
    api_origin: str
    page_origins: tuple[str, ...]
    engine: Callable[[], Engine]
    signer: Signer
    link_signer: Signer
    authority: Authority
    clock: Callable[[], float]

    @property
    def store(self) -> Store:
        """Where the bytes are; made at the first use, and again in a forked process."""
        pid = os.getpid()
        found = self._stores.get(pid)
        return self._stores.setdefault(pid, self._open_store()) if found is None else found

    @cached_property
    def _stores(self) -> dict[int, Store]:
        return {}

    def _open_store(self) -> Store:
        if self.settings.store == "s3":
            from .s3.store import S3Store

            return S3Store(self.settings, clock=self.clock)
        from .local.store import LocalStore

        return LocalStore(
            self.folder, signer=self.signer, clock=self.clock, api_origin=self.api_origin
        )

    @cached_property
    def rows(self) -> Rows:
        """The tables; made at the first use, since SQLAlchemy is slow to import."""
        from .rows import Rows

        return Rows(self.engine)

    @cached_property
    def reads(self) -> Bulkhead:
        """Entered by whoever reads an upload through: a stranger chooses how large it is."""
        at_once = self.settings.reads_at_once
        return Bulkhead("commits", at_once=at_once, waiting=4 * at_once, wait_seconds=10)

    @property
    def default_purpose(self) -> str:
        return next(iter(self.policies))

    def policy(self, purpose: str) -> FilePolicy:
        """The rules for files that are there. Of a purpose no longer known: their owners' alone."""
        return self.policies.get(purpose, _NO_POLICY)

    def now(self) -> int:
        """Unix seconds."""
        return int(self.clock())
