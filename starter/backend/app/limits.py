"""How often one address may sign up. Counted in Valkey where there is one, else in this process."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, cast

from flask import current_app, request
from limits import RateLimitItemPerHour
from limits.storage import storage_from_string
from limits.strategies import FixedWindowRateLimiter

from flask_dovetail.problems import TooManyRequests

if TYPE_CHECKING:
    from flask import Flask

KEY = "starter_limits"


def init_app(app: Flask) -> None:
    address: str | None = app.config.get("DOVETAIL_VALKEY_URL")
    storage = storage_from_string(_as_limits_says(address) if address else "memory://")
    app.extensions[KEY] = FixedWindowRateLimiter(storage)


def limit_signups() -> None:
    """Refuse more than `STARTER_SIGNUPS_PER_HOUR` attempts from one address."""
    limiter = cast("FixedWindowRateLimiter", current_app.extensions[KEY])
    rate = RateLimitItemPerHour(current_app.config["STARTER_SIGNUPS_PER_HOUR"])
    place = ("starter", "signup", request.remote_addr or "")
    if not limiter.hit(rate, *place):
        wait = limiter.get_window_stats(rate, *place).reset_time - time.time()
        raise TooManyRequests(retry_after=int(wait) + 1)


def _as_limits_says(address: str) -> str:
    """`redis://…` is Valkey's own protocol, spoken by the same client; `unix:` has another name."""
    scheme, rest = address.split(":", 1)
    names = {"redis": "valkey", "rediss": "valkeys", "unix": "valkey+unix"}
    return f"{names.get(scheme, scheme)}:{rest}"
