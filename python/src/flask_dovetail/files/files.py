"""The state of files for one app."""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from ..core import own_routes
from ..server.bulkhead import Bulkhead
from .policy import FilePolicy

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from sqlalchemy import Engine

    from ..core.identity import Authority
    from ..core.signing import Signer
    from .config import FileSettings
    from .rows import Rows
    from .stores.store import Store

log: logging.Logger = logging.getLogger("flask_dovetail.files")

_NO_POLICY = FilePolicy()


@dataclass(frozen=True)
class Files:
    """The files of one app.

    Attributes:
        policies: by purpose; the first is the default of requests that name no purpose.
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
        """The store of this process; opened at the first use, and again in a forked process."""
        pid = os.getpid()
        store = self._stores.get(pid)
        return self._stores.setdefault(pid, self._open_store()) if store is None else store

    @cached_property
    def _stores(self) -> dict[int, Store]:
        return {}

    def _open_store(self) -> Store:
        if self.settings.store == "s3":
            from .stores.s3.store import S3Store

            return S3Store(self.settings, clock=self.clock)
        from .stores.local.store import LocalStore

        return LocalStore(self.folder, signer=self.signer, clock=self.clock, address=self.address)

    @cached_property
    def rows(self) -> Rows:
        """The tables; opened at the first use, since SQLAlchemy is slow to import."""
        from .rows import Rows

        return Rows(self.engine)

    @cached_property
    def reads(self) -> Bulkhead:
        """The limit on uploads that are read through at once: their size is a stranger's choice."""
        at_once = self.settings.reads_at_once
        return Bulkhead(
            "commits", at_once=at_once, waiting=4 * at_once, wait_seconds=10, leaves_room=True
        )

    @property
    def default_purpose(self) -> str:
        """The purpose of a request that names no purpose."""
        return next(iter(self.policies))

    def policy(self, purpose: str) -> FilePolicy:
        """Return the rules for existing files.

        Files of a purpose that the app no longer names belong to their owners alone.
        """
        return self.policies.get(purpose, _NO_POLICY)

    def address(self, path: str) -> str:
        """Return the address that browsers reach `path` of Dovetail's by."""
        return self.api_origin + own_routes.address(path)

    def now(self) -> int:
        """Return the time in Unix seconds."""
        return int(self.clock())
