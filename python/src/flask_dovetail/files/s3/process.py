"""One client per process."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..config import FileSettings


class PerProcess:
    """A client that is made at its first use, and anew after a fork: connections are not shared."""

    def __init__(self, settings: FileSettings, endpoint: str | None) -> None:
        self._settings = settings
        self._endpoint = endpoint
        self._lock = threading.Lock()
        self._made: tuple[int, Any] | None = None

    def __call__(self) -> Any:
        made = self._made
        if made is None or made[0] != os.getpid():
            with self._lock:
                made = self._made
                if made is None or made[0] != os.getpid():
                    from .client import make

                    self._made = made = (os.getpid(), make(self._settings, endpoint=self._endpoint))
        return made[1]
