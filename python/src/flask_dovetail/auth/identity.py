"""Who is signed in, and the two callables by which the application says so."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import Annotated, Any, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, StringConstraints

from ..errors import DeclarationError


@dataclass(frozen=True, slots=True)
class Identity:
    """What the application says about one account.

    Args:
        subject: its stable id, never shown to others and never used again (1 to 255 characters).
        roles: what it is; a guard needs one of those it names.
        scopes: what it may do; a guard needs all of those it names.
        user: anything of the application's, for its own views. Never sent, never logged.
    """

    subject: str
    roles: Collection[str] = ()
    scopes: Collection[str] = ()
    user: Any = None

    def __post_init__(self) -> None:
        if not isinstance(self.subject, str) or not 1 <= len(self.subject) <= 255:
            raise DeclarationError(
                "Identity(subject=) takes a string of 1 to 255 characters: write str(user.id)."
            )
        if isinstance(self.roles, str) or isinstance(self.scopes, str):
            raise DeclarationError(
                "Identity(roles=, scopes=) take a collection, and one string is a collection of "
                'letters: write ("staff",).'
            )


def narrowed(identity: Identity, scopes: frozenset[str]) -> Identity:
    """`identity` with those of its scopes that are among `scopes`."""
    if scopes.issuperset(identity.scopes):
        return identity
    return replace(identity, scopes=scopes.intersection(identity.scopes))


# A pattern, not a function: what the contract says is then what is enforced.
_LINE = r"[^\x00-\x1f\x7f-\x9f]"


def _without_nul(value: SecretStr) -> SecretStr:
    if "\0" in value.get_secret_value():
        raise ValueError("must not contain NUL")
    return value


class Credentials(BaseModel):
    """What `POST /auth/login` takes and `authenticate` is given.

    `email` is trimmed but not otherwise changed, nor checked for the form of an address: an unknown
    one is answered like a wrong password. NUL is refused in both, since databases and password
    hashes disagree about it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    email: Annotated[
        str,
        StringConstraints(max_length=254, pattern=rf"^{_LINE}*[^\s\x00-\x1f\x7f-\x9f]{_LINE}*$"),
        AfterValidator(str.strip),
    ]
    password: Annotated[
        SecretStr,
        Field(min_length=1, max_length=1024, json_schema_extra={"pattern": r"^[^\x00]*$"}),
        AfterValidator(_without_nul),
    ]


Authenticate: TypeAlias = Callable[[Credentials], Identity | None]
"""Checks a password. None refuses the login with INVALID_CREDENTIALS.

Answer in the same time whether the account exists or not: where it does not, verify the password
against a hash made for that purpose, with the same parameters, and throw the result away. Dovetail
counts the attempts before it asks.
"""

LoadIdentity: TypeAlias = Callable[[str], Identity | None]
"""Gives a subject's identity, once per request that asks. None (disabled, gone) ends the login."""
