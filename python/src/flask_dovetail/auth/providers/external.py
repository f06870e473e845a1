"""The account that an outside provider vouches for, and the callable that identifies it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from ...core.identity import Identity


@dataclass(frozen=True, slots=True)
class ExternalAccount:
    """Somebody whom a provider has just signed in.

    `issuer` and `subject` together name the person for ever; nothing else does.

    Attributes:
        provider: its name in `DOVETAIL_AUTH_PROVIDERS`.
        issuer: the provider's own identifier; for plain OAuth 2, its `userinfo_url`.
        subject: the person's id at the issuer (1 to 255 characters).
        email: only where the provider says, by a boolean, that it has verified it; else None.
        name: as the provider spells it, at most 255 characters, or None. Chosen by the person.
    """

    provider: str
    issuer: str
    subject: str
    email: str | None
    name: str | None


IdentifyExternal: TypeAlias = Callable[[ExternalAccount], Identity | None]
"""Makes an account for somebody who signs in from outside for the first time, and says who it is.

None refuses (`NO_ACCOUNT`); raise `AccountExists` where the email belongs to an account already,
or any other `Problem`, whose code the sign-in page is then given. `docs/providers.md` says what it
must not do.
"""
