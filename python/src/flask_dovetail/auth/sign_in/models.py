"""The wire models of the login authority. Times are ISO 8601 in UTC."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - pydantic reads it
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, Field

from ...core.times import utc
from ..logins.rules import device

if TYPE_CHECKING:
    from ...core.identity import Identity
    from ...core.identity import Login as LoginRow


class Login(BaseModel):
    """The current login, and what its owner may do."""

    id: str
    subject: str
    roles: list[str]
    scopes: list[str]
    created_at: datetime
    expires_at: datetime = Field(description="When it ends, however busy.")

    @classmethod
    def of(cls, login: LoginRow, identity: Identity) -> Login:
        """Make the model of a stored login and its owner's identity."""
        return cls(
            id=login.id,
            subject=login.subject,
            roles=sorted(identity.roles),
            scopes=sorted(identity.scopes),
            created_at=utc(login.created_at),
            expires_at=utc(login.expires_at),
        )


class LoggedIn(BaseModel):
    """A login that has just begun."""

    csrf: str = Field(description="For X-CSRF-Token, as long as this login lives.")
    login: Login


class Granted(BaseModel):
    """An access token, and the login it belongs to (RFC 6749 section 5.1)."""

    access_token: str = Field(description="For `Authorization: Bearer`. Keep it in memory only.")
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - its kind
    expires_in: int = Field(description="Its life in seconds.")
    login: Login


class CsrfToken(BaseModel):
    """The token for X-CSRF-Token."""

    csrf: str


class Session(BaseModel):
    """Who is signed in, if anybody is."""

    login: Login | None


class Device(BaseModel):
    """One place where its owner is signed in."""

    id: str
    strategy: Literal["session", "token"] = Field(description="What it was given by.")
    device: str = Field(
        description='For people, such as "Chrome on macOS"; "" when not recognised.'
    )
    user_agent: str
    address: str
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    current: bool = Field(description="Whether it is the login of this request.")

    @classmethod
    def of(cls, login: LoginRow, *, current_id: str) -> Device:
        """Make the model of a stored login; `current_id` is the login of this request."""
        return cls(
            id=login.id,
            strategy="token" if login.strategy == "token" else "session",
            device=device(login.user_agent),
            user_agent=login.user_agent,
            address=login.address,
            created_at=utc(login.created_at),
            last_seen_at=utc(login.last_seen_at),
            expires_at=utc(login.expires_at),
            current=login.id == current_id,
        )


class Devices(BaseModel):
    """Everywhere that somebody is signed in, the last seen first."""

    items: list[Device]


class Ended(BaseModel):
    """How many logins were ended."""

    ended: int
