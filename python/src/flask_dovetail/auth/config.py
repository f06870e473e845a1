"""The settings of the login authority: `DOVETAIL_AUTH_*`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..core.errors import ConfigurationError
from ..core.settings import setting
from .rates import parse_rate

MAX_COOKIE_SECONDS = 400 * 24 * 3600  # RFC 6265bis section 4.1.2.2: browsers cut a longer life


@dataclass(frozen=True)
class AuthSettings:
    """The life of a login, where it is stored and how often a password may be tried."""

    strategy: Literal["session", "token"] = setting(
        "DOVETAIL_AUTH_STRATEGY",
        default="session",
        doc="The credential that a login gives: `session` is an opaque id in a cookie; `token` is "
        "a short access token and a refresh cookie (needs `flask-dovetail[tokens]`). Both are "
        "always accepted.",
    )
    revocation: Literal["expiry", "immediate"] = setting(
        "DOVETAIL_AUTH_REVOCATION",
        default="expiry",
        doc="When an ended login's access tokens stop: at their `expiry`, or with the next request "
        "(`immediate`: the store is read for each). Session cookies always stop at once.",
    )
    csrf_views: Literal["own", "all"] = setting(
        "DOVETAIL_AUTH_CSRF_VIEWS",
        default="own",
        doc="The views whose unsafe requests need a CSRF token where a cookie of Dovetail's comes "
        "along: Dovetail's own and those with `@operation` or `@signed_in` (`own`), or `all`. "
        "`Origin` is checked for all views.",
    )
    session_store: Literal["sql", "valkey"] = setting(
        "DOVETAIL_AUTH_SESSION_STORE",
        default="sql",
        doc="The store of logins: `sql` (the engine) or `valkey` (needs `DOVETAIL_VALKEY_URL`).",
    )
    idle_seconds: int = setting(
        "DOVETAIL_AUTH_IDLE_SECONDS",
        default=3600,
        doc="A session login ends after so many seconds without a request.",
    )
    absolute_seconds: int = setting(
        "DOVETAIL_AUTH_ABSOLUTE_SECONDS",
        default=1_209_600,
        doc="A session login ends so many seconds after it began, however busy (at most 400 days).",
    )
    touch_seconds: int = setting(
        "DOVETAIL_AUTH_TOUCH_SECONDS",
        default=60,
        doc="`last_seen_at` is written at most once in so many seconds; at most half of the idle "
        "limit.",
    )
    login_limit_per_account: str = setting(
        "DOVETAIL_AUTH_LOGIN_LIMIT_PER_ACCOUNT",
        default="10/5 minutes",
        doc="Login attempts for one account; a success starts the count again.",
        unit="attempts / time",
        beyond="429 `TOO_MANY_REQUESTS`",
    )
    login_limit_per_address: str = setting(
        "DOVETAIL_AUTH_LOGIN_LIMIT_PER_ADDRESS",
        default="300/5 minutes",
        doc="Login attempts from one address (IPv6: one /64 network), successful ones included: an "
        "office or a school is one address.",
        unit="attempts / time",
        beyond="429 `TOO_MANY_REQUESTS`",
    )
    logins_per_person: int = setting(
        "DOVETAIL_AUTH_LOGINS_PER_PERSON",
        within=(1, 10_000),
        default=100,
        doc="Logins that one person may have at the same time, in all browsers together.",
        unit="logins",
        beyond="when another begins, the login that was seen longest ago ends",
    )
    password_checks_max: int = setting(
        "DOVETAIL_AUTH_PASSWORD_CHECKS_MAX",
        within=(1, 1000),
        default=2,
        doc="Passwords that one process checks at the same time: `authenticate`, and what the app "
        "puts into `password_checks()`. Argon2 takes 64 MiB for each.",
        unit="checks",
        beyond="further checks wait",
    )
    password_checks_waiting_max: int = setting(
        "DOVETAIL_AUTH_PASSWORD_CHECKS_WAITING_MAX",
        within=(0, 100_000),
        default=30,
        doc="Password checks that wait for their turn, each with a thread of the server. Addresses "
        "take turns; when all places are taken, the address with the most gives one up to another.",
        unit="checks",
        beyond="503 `SERVICE_UNAVAILABLE`",
    )
    password_checks_wait_seconds: int = setting(
        "DOVETAIL_AUTH_PASSWORD_CHECKS_WAIT_SECONDS",
        within=(0, 60),
        default=5,
        doc="The longest time that a password check waits.",
        unit="seconds",
        beyond="503 `SERVICE_UNAVAILABLE`",
    )

    def __post_init__(self) -> None:
        if not 1 <= self.absolute_seconds <= MAX_COOKIE_SECONDS:
            raise ConfigurationError(
                f"A login cannot live {self.absolute_seconds} seconds: browsers keep a cookie at "
                "most 400 days.",
                key="DOVETAIL_AUTH_ABSOLUTE_SECONDS",
                cure=f"Choose 1 to {MAX_COOKIE_SECONDS}.",
            )
        if not 1 <= self.idle_seconds <= self.absolute_seconds:
            raise ConfigurationError(
                f"An idle limit of {self.idle_seconds} seconds can never be reached before the "
                f"absolute limit of {self.absolute_seconds}.",
                key="DOVETAIL_AUTH_IDLE_SECONDS",
                cure="Choose 1 to DOVETAIL_AUTH_ABSOLUTE_SECONDS.",
            )
        if not 0 <= self.touch_seconds <= self.idle_seconds // 2:
            raise ConfigurationError(
                f"last_seen_at written every {self.touch_seconds} seconds would end busy logins "
                f"at an idle limit of {self.idle_seconds}.",
                key="DOVETAIL_AUTH_TOUCH_SECONDS",
                cure="Choose 0 to half of DOVETAIL_AUTH_IDLE_SECONDS.",
            )
        for key, written in (
            ("DOVETAIL_AUTH_LOGIN_LIMIT_PER_ACCOUNT", self.login_limit_per_account),
            ("DOVETAIL_AUTH_LOGIN_LIMIT_PER_ADDRESS", self.login_limit_per_address),
        ):
            if parse_rate(written) is None:
                raise ConfigurationError(
                    f"{written!r} is not a rate.", key=key, cure='Write it as "10/5 minutes".'
                )
