"""The settings of the token strategy: `DOVETAIL_AUTH_*`, read in both strategies.

The session strategy reads them, too: it goes on accepting tokens that the token strategy has
issued.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ...core.errors import ConfigurationError
from ...core.settings import setting
from ..config import MAX_COOKIE_SECONDS

DAY = 24 * 3600
UNUSUAL = "DOVETAIL_AUTH_UNUSUAL_LIFETIMES"


@dataclass(frozen=True)
class TokenSettings:
    """The lives of access tokens and refresh families, and how tokens are signed."""

    access_seconds: int = setting(
        "DOVETAIL_AUTH_ACCESS_SECONDS",
        default=900,
        doc="An access token ends after so many seconds (300 to 900).",
    )
    refresh_seconds: int = setting(
        "DOVETAIL_AUTH_REFRESH_SECONDS",
        default=14 * DAY,
        doc="A token login ends so many seconds after it began, however often it is refreshed "
        "(7 to 30 days).",
    )
    refresh_idle_seconds: int = setting(
        "DOVETAIL_AUTH_REFRESH_IDLE_SECONDS",
        default=7 * DAY,
        doc="A token login ends after so many seconds without a refresh.",
    )
    refresh_grace_seconds: int = setting(
        "DOVETAIL_AUTH_REFRESH_GRACE_SECONDS",
        default=10,
        doc="Seconds for which a refresh token that has just been replaced gets the same "
        "successor; later it ends the login (0 to 60; 0 is strict).",
    )
    unusual_lifetimes: bool = setting(
        UNUSUAL,
        default=False,
        doc="Accept lifetimes of tokens outside the ranges above.",
    )
    algorithm: Literal["EdDSA", "ES256", "HS256"] = setting(
        "DOVETAIL_AUTH_ALGORITHM",
        default="EdDSA",
        doc="How access tokens are signed: `EdDSA` and `ES256` publish their keys for other "
        "services; `HS256` derives them from `SECRET_KEY`, for this app alone.",
    )
    audience: str | None = setting(
        "DOVETAIL_AUTH_AUDIENCE",
        default=None,
        shown="the API origin",
        doc="`aud` of access tokens: the audience that they are for.",
    )
    dpop: bool = setting(
        "DOVETAIL_AUTH_DPOP",
        default=False,
        doc="Bind refresh cookies to a key that cannot leave its browser (RFC 9449); only with the "
        "strategy `token`.",
    )

    def __post_init__(self) -> None:
        for key, seconds, low, high, reason in (
            (
                "DOVETAIL_AUTH_ACCESS_SECONDS",
                self.access_seconds,
                300,
                900,
                "a shorter one refreshes all the time, in a longer one a stolen token works on",
            ),
            (
                "DOVETAIL_AUTH_REFRESH_SECONDS",
                self.refresh_seconds,
                7 * DAY,
                30 * DAY,
                "a shorter one asks for passwords all the time, a longer one for trouble",
            ),
            (
                "DOVETAIL_AUTH_REFRESH_GRACE_SECONDS",
                self.refresh_grace_seconds,
                0,
                60,
                "in a longer one a thief can use a replaced token unnoticed",
            ),
        ):
            if not low <= seconds <= high and not self.unusual_lifetimes:
                raise ConfigurationError(
                    f"{key} is {seconds}, which is unusual: {reason}.",
                    key=key,
                    cure=f"Choose {low} to {high}, or set {UNUSUAL} to true.",
                )
        self._check_consistent()

    def _check_consistent(self) -> None:
        if self.access_seconds < 1:
            raise ConfigurationError(
                f"An access token cannot live {self.access_seconds} seconds.",
                key="DOVETAIL_AUTH_ACCESS_SECONDS",
                cure="Choose 1 or more.",
            )
        if not self.access_seconds <= self.refresh_seconds <= MAX_COOKIE_SECONDS:
            raise ConfigurationError(
                f"A token login of {self.refresh_seconds} seconds is shorter than one access "
                f"token ({self.access_seconds}), or longer than browsers keep a cookie (400 days).",
                key="DOVETAIL_AUTH_REFRESH_SECONDS",
                cure=f"Choose {self.access_seconds} to {MAX_COOKIE_SECONDS}.",
            )
        if not self.access_seconds <= self.refresh_idle_seconds <= self.refresh_seconds:
            raise ConfigurationError(
                f"An idle limit of {self.refresh_idle_seconds} seconds would end logins before "
                f"their access token ({self.access_seconds}), or never, since they end after "
                f"{self.refresh_seconds}.",
                key="DOVETAIL_AUTH_REFRESH_IDLE_SECONDS",
                cure="Choose DOVETAIL_AUTH_ACCESS_SECONDS to DOVETAIL_AUTH_REFRESH_SECONDS.",
            )
        if self.refresh_grace_seconds < 0:
            raise ConfigurationError(
                f"A window of {self.refresh_grace_seconds} seconds is none.",
                key="DOVETAIL_AUTH_REFRESH_GRACE_SECONDS",
                cure="Choose 0 or more.",
            )
        if self.audience == "":
            raise ConfigurationError(
                "DOVETAIL_AUTH_AUDIENCE is empty: a token for nobody is accepted by nobody.",
                key="DOVETAIL_AUTH_AUDIENCE",
                cure="Name what the tokens are for, or leave it unset: the API origin.",
            )
