"""Read `app.config` from environment variables; docs/running.md has the table of them."""

from __future__ import annotations

import json
import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask_dovetail import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

STARTER = Path(__file__).parents[2]
PAGE = STARTER / "frontend" / "dist"
DEFAULT_PORT = "5000"
STRATEGIES = ("session", "token")


def from_environment(environ: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """Return every setting of the app; names that start with `DOVETAIL_` are passed on as they are.

    Raises:
        ConfigurationError: STARTER_AUTH names no strategy.
    """
    data = Path(environ.get("STARTER_DATA_FOLDER") or STARTER.parent / "var").resolve()
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    valkey = environ.get("VALKEY_URL") or None
    return {
        "SECRET_KEY": environ.get("SECRET_KEY") or read_or_make_secret(data / "secret-key"),
        "DATABASE_URL": environ.get("DATABASE_URL") or f"sqlite:///{data / 'starter.sqlite3'}",
        "MAX_CONTENT_LENGTH": 64 * 1024,
        "STARTER_DATA_FOLDER": data,
        "STARTER_DEMO_PASSWORD": environ.get("STARTER_DEMO_PASSWORD") or None,
        "STARTER_POSTS_PER_DAY": int(environ.get("STARTER_POSTS_PER_DAY") or 50),
        "STARTER_COMMENTS_PER_DAY": int(environ.get("STARTER_COMMENTS_PER_DAY") or 200),
        "STARTER_FILES_QUOTA_MB": int(environ.get("STARTER_FILES_QUOTA_MB") or 10_240),
        "STARTER_SIGNUPS_PER_HOUR": int(environ.get("STARTER_SIGNUPS_PER_HOUR") or 100),
        "STARTER_CHANGES_PER_MINUTE": int(environ.get("STARTER_CHANGES_PER_MINUTE") or 120),
        "STARTER_AVATARS_PER_HOUR": int(environ.get("STARTER_AVATARS_PER_HOUR") or 30),
        "STARTER_PASSWORD_CHANGES_PER_HOUR": int(
            environ.get("STARTER_PASSWORD_CHANGES_PER_HOUR") or 10
        ),
        "DOVETAIL_API_ORIGIN": f"http://localhost:{environ.get('PORT') or DEFAULT_PORT}",
        # An ended login is over at once, even for access tokens that have not expired.
        "DOVETAIL_AUTH_REVOCATION": "immediate",
        "DOVETAIL_AUTH_SESSION_STORE": "valkey" if valkey else "sql",
        # When 60 people sign in at once, two are checked and the others wait, each with a thread.
        "DOVETAIL_AUTH_PASSWORD_CHECKS_WAITING_MAX": 58,
        "DOVETAIL_AUTH_DPOP": environ.get("STARTER_DPOP") or False,
        "DOVETAIL_AUTH_STRATEGY": _strategy(environ.get("STARTER_AUTH") or STRATEGIES[0]),
        "DOVETAIL_CONTRACT_TITLE": "Dovetail starter",
        "DOVETAIL_CONTRACT_VERSION": "1",
        # Before the first build there is no page to serve, only an API and its contract.
        "DOVETAIL_DELIVERY_SPA_FOLDER": str(PAGE) if PAGE.exists() else None,
        "DOVETAIL_FILES_FOLDER": str(data / "files"),
        "DOVETAIL_VALKEY_URL": valkey,
        **{key: _parse(value) for key, value in environ.items() if key.startswith("DOVETAIL_")},
    }


def read_or_make_secret(path: Path, *, size: int = 32) -> str:
    """Return the secret in a file.

    The first call makes it of `size` random bytes, readable by its owner only.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        with suppress(OSError):  # another user's file, whose mode is their decision
            path.chmod(0o600)
        return path.read_text("utf-8").strip()
    secret = secrets.token_urlsafe(size)
    with os.fdopen(descriptor, "w") as file:
        file.write(secret)
    return secret


def _strategy(chosen: str) -> str:
    if chosen not in STRATEGIES:
        raise ConfigurationError(
            f"STARTER_AUTH={chosen} is no way to sign in.",
            key="STARTER_AUTH",
            cure=f"Choose {' or '.join(STRATEGIES)}.",
        )
    return chosen


def _parse(value: str) -> Any:
    """Parse numbers, booleans and lists as JSON; everything else is text."""
    try:
        return json.loads(value)
    except json.JSONDecodeError:
        return value
