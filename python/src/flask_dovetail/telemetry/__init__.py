"""Request ids and structured logs without secrets. `docs/logs.md` is the guide."""

from __future__ import annotations

import hashlib
import hmac
import os
from typing import TYPE_CHECKING

from ..core import settings, state
from .access_log import pseudonyms, wrap
from .config import LogsSettings
from .logs import Logs, current_request_id, install, settle

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask

__all__ = ["current_request_id", "init_app", "settle"]


def init_app(app: Flask, subject: Callable[[], str | None]) -> None:
    """Give every answer its `X-Request-Id`, log every request, and mask secrets in logs.

    Args:
        subject: returns the person of the request, or None; called in the request context, must not
            raise or do IO. Only its pseudonym is written.
    """
    logs = Logs(settings.read(LogsSettings, app.config), pseudonyms(lambda: _key(app)))
    state.put(app, logs)
    install(app, logs)
    app.wsgi_app = wrap(  # type: ignore[assignment, method-assign]
        app.wsgi_app, logs.settings, subject=subject, pseudonym=logs.pseudonym
    )


def _key(app: Flask) -> bytes:
    """Return a key derived from SECRET_KEY, so that all workers agree; random without one."""
    secret = app.secret_key
    if not secret:
        return os.urandom(32)
    raw = secret.encode() if isinstance(secret, str) else secret
    return hmac.digest(raw, b"dovetail: subjects in logs", hashlib.sha256)
