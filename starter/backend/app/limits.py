"""How often things may be done: by one address, by one person.

Attempts are counted in Valkey where there is one, else in this process; what is kept, in its table.
"""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING, cast

from flask import current_app, request
from limits import RateLimitItemPerDay, RateLimitItemPerHour
from limits.storage import storage_from_string
from limits.strategies import FixedWindowRateLimiter
from sqlalchemy import func, select

from flask_dovetail.problems import TooManyRequests

from .database import db
from .models import now

if TYPE_CHECKING:
    from flask import Flask

    from flask_dovetail import Problem

    from .models import Comment, Post, User

KEY = "starter_limits"
DAY = timedelta(days=1)


def init_app(app: Flask) -> None:
    address: str | None = app.config.get("DOVETAIL_VALKEY_URL")
    storage = storage_from_string(_as_limits_says(address) if address else "memory://")
    app.extensions[KEY] = FixedWindowRateLimiter(storage)


def limit_signups() -> None:
    """Refuse more than `STARTER_SIGNUPS_PER_HOUR` attempts from one address."""
    limiter = _limiter()
    rate = RateLimitItemPerHour(current_app.config["STARTER_SIGNUPS_PER_HOUR"])
    place = ("starter", "signup", request.remote_addr or "")
    if not limiter.hit(rate, *place):
        wait = limiter.get_window_stats(rate, *place).reset_time - time.time()
        raise TooManyRequests(retry_after=int(wait) + 1)


def limit_writing(
    kind: type[Post] | type[Comment], author: User, most: int, refusal: type[Problem]
) -> None:
    """Refuse, with `refusal`, more than `most` of that kind by one person in 24 hours."""
    count, oldest = db.session.execute(
        select(func.count(), func.min(kind.created_at)).where(
            kind.author_id == author.id, kind.created_at > now() - DAY
        )
    ).one()
    if count >= most:
        wait = oldest + DAY - now()
        raise refusal(f"{most} a day is the limit.", retry_after=int(wait.total_seconds()))


def is_first_in_a_day(*what: str) -> bool:
    """Whether it has not happened in the last 24 hours; from here on, it has."""
    return _limiter().hit(RateLimitItemPerDay(1), "starter", *what)


def _limiter() -> FixedWindowRateLimiter:
    return cast("FixedWindowRateLimiter", current_app.extensions[KEY])


def _as_limits_says(address: str) -> str:
    """`redis://…` is Valkey's own protocol, spoken by the same client; `unix:` has another name."""
    scheme, rest = address.split(":", 1)
    names = {"redis": "valkey", "rediss": "valkeys", "unix": "valkey+unix"}
    return f"{names.get(scheme, scheme)}:{rest}"
