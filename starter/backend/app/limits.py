"""Limit how often things may be done: by one address, by one person.

Attempts are counted in Valkey if there is one, else in this process. Deleting what one wrote does
not lower the count.
"""

from __future__ import annotations

import time
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar, cast

from flask import current_app, request
from limits import (
    RateLimitItem,
    RateLimitItemPerDay,
    RateLimitItemPerHour,
    RateLimitItemPerMinute,
)
from limits.storage import storage_from_string
from limits.strategies import FixedWindowRateLimiter

from flask_dovetail import address_key, current_identity
from flask_dovetail.counting import BoundedMemory
from flask_dovetail.problems import TooManyRequests

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask

    from flask_dovetail import Problem

    from .models import User

V = TypeVar("V", bound="Callable[..., Any]")

KEY = "starter_limits"
KINDS = ("signup", "password", "write", "notify", "change", "avatar")
SIGN_UP, PASSWORD, WRITE, NOTIFY, CHANGE, AVATAR = KINDS
TIMEOUTS = {"socket_connect_timeout": 1.0, "socket_timeout": 2.0}


def init_app(app: Flask) -> None:
    """Make the counters of the app."""
    address: str | None = app.config.get("DOVETAIL_VALKEY_URL")
    app.extensions[KEY] = {kind: FixedWindowRateLimiter(_storage(address)) for kind in KINDS}


def _storage(address: str | None) -> Any:
    """Return a kind's storage: in memory, new addresses of one kind cannot push out another."""
    if address is None:
        return BoundedMemory()
    return storage_from_string(_as_limits_says(address), **cast("dict[str, Any]", TIMEOUTS))


def limit_signups(*, counting: bool = True) -> None:
    """Refuse more than `STARTER_SIGNUPS_PER_HOUR` attempts from one address (IPv6: one /64).

    Without `counting`, refuse attempts over the limit, but count nothing.
    """
    rate = RateLimitItemPerHour(current_app.config["STARTER_SIGNUPS_PER_HOUR"])
    _limit(SIGN_UP, rate, address_key(request.remote_addr), counting=counting)


def limit_password_changes(subject: str, *, counting: bool = True) -> None:
    """Refuse more than `STARTER_PASSWORD_CHANGES_PER_HOUR` by one person: each takes 64 MiB.

    Without `counting`, refuse attempts over the limit, but count nothing.
    """
    rate = RateLimitItemPerHour(current_app.config["STARTER_PASSWORD_CHANGES_PER_HOUR"])
    _limit(PASSWORD, rate, subject, counting=counting)


def limit_avatars(subject: str) -> None:
    """Refuse more than `STARTER_AVATARS_PER_HOUR` by one person: each takes a core for seconds."""
    rate = RateLimitItemPerHour(current_app.config["STARTER_AVATARS_PER_HOUR"])
    _limit(AVATAR, rate, subject)


def limit_changes(view: V) -> V:
    """Refuse more than `STARTER_CHANGES_PER_MINUTE` by one person, over all views that have this.

    Write it between `@signed_in` and `@operation`, on every view that changes something.

    Raises, when the view is called:
        TooManyRequests: 429 with `Retry-After`.
    """

    @wraps(view)
    def limited(*args: Any, **kwargs: Any) -> Any:
        identity = current_identity()
        if identity is not None:  # the guard above guarantees it
            rate = RateLimitItemPerMinute(current_app.config["STARTER_CHANGES_PER_MINUTE"])
            _limit(CHANGE, rate, identity.subject)
        return view(*args, **kwargs)

    return cast("V", limited)


def limit_writing(what: str, author: User, most: int, refusal: type[Problem]) -> None:
    """Refuse, with `refusal`, more than `most` of `what` by one person in 24 hours."""
    wait = _count(WRITE, RateLimitItemPerDay(most), what, str(author.id))
    if wait is not None:
        raise refusal(f"{most} a day is the limit.", retry_after=wait)


def is_first_in_a_day(*what: str) -> bool:
    """Return whether it has not happened in the last 24 hours, and note that it has now."""
    return _count(NOTIFY, RateLimitItemPerDay(1), *what) is None


def _limit(kind: str, rate: RateLimitItem, who: str, *, counting: bool = True) -> None:
    """Count one attempt.

    Raises:
        TooManyRequests: there are more than `rate` allows.
    """
    wait = _count(kind, rate, who, counting=counting)
    if wait is not None:
        raise TooManyRequests(retry_after=wait)


def _count(kind: str, rate: RateLimitItem, *what: str, counting: bool = True) -> int | None:
    """Count one attempt; return None, or the seconds to wait before the next."""
    limiter = cast("dict[str, FixedWindowRateLimiter]", current_app.extensions[KEY])[kind]
    place = ("starter", kind, *what)
    if (limiter.hit if counting else limiter.test)(rate, *place):
        return None
    return max(1, int(limiter.get_window_stats(rate, *place).reset_time - time.time()) + 1)


def _as_limits_says(address: str) -> str:
    """Translate an address: `redis://…` is Valkey's own protocol, and `unix:` has another name."""
    scheme, rest = address.split(":", 1)
    names = {"redis": "valkey", "rediss": "valkeys", "unix": "valkey+unix"}
    return f"{names.get(scheme, scheme)}:{rest}"
