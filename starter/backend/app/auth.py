"""Accounts: signing up, one's profile, and the two callables that Dovetail calls about people."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

from flask import Blueprint
from pydantic import BaseModel, Field, TypeAdapter, ValidationError
from sqlalchemy import bindparam, select, update
from sqlalchemy.exc import IntegrityError

from flask_dovetail import (
    Credentials,
    ExternalAccount,
    Identity,
    Problem,
    current_identity,
    end_logins,
    operation,
    password_checks,
    rotate_login,
    signed_in,
)
from flask_dovetail.problems import (
    AccountExists,
    FileRejected,
    Forbidden,
    NotFound,
    ServiceUnavailable,
    SessionExpired,
    StorageFull,
    TooManyRequests,
    Unauthenticated,
)

from . import avatars
from .avatars import Avatar
from .database import db
from .fields import Bio, Email, Name, Password
from .limits import limit_changes, limit_password_changes, limit_signups
from .models import User
from .passwords import hash_password, is_outdated, verify

if TYPE_CHECKING:
    from .models import Comment, Post

accounts = Blueprint("accounts", __name__, url_prefix="/api")

SCOPES = ("posts:write",)
_USERS = User.__table__
_ROLE = select(_USERS.c.role).where(_USERS.c.id == bindparam("id"))
"""The only column of their person that all signed-in requests read.

Views that need more read the row. Selected from the table: the mapped class would cost half as much
again.
"""


class EmailTaken(
    Problem, code="EMAIL_TAKEN", status=409, title="This email has an account already"
):
    """Somebody signed up with this address before."""


class SignUp(BaseModel):
    email: Email
    name: Name
    password: Password


class ProfileChange(BaseModel):
    name: Name | None = None
    bio: Bio | None = None


class PasswordChange(BaseModel):
    password: Password


class AvatarChoice(BaseModel):
    file_id: UUID = Field(description="A file of one's own, uploaded with the purpose `avatar`.")


class Profile(BaseModel):
    id: int
    email: str
    name: str
    bio: str
    joined_at: datetime
    has_password: bool = Field(description="Else one signs in by an outside provider only.")
    avatar: Avatar | None


@accounts.post("/signup")
@operation(
    returns={201: Profile},
    problems=[EmailTaken, TooManyRequests, ServiceUnavailable],
    tags=["accounts"],
)
def sign_up(body: SignUp) -> Profile:
    """Make an account. Signing in is a call of its own, `POST /auth/login`."""
    limit_signups(counting=False)  # before it waits for a place
    with password_checks():
        limit_signups()  # a request that was refused for want of a place does not count
        password_hash = hash_password(body.password)
    user = User(email=body.email.lower(), name=body.name, password_hash=password_hash)
    db.session.add(user)
    try:
        db.session.commit()
    except IntegrityError:
        raise EmailTaken from None
    return profile_of(user)


@accounts.get("/profile")
@signed_in
@operation(tags=["accounts"])
def read_profile() -> Profile:
    """One's own profile."""
    return profile_of(current_user())


@accounts.patch("/profile")
@signed_in
@limit_changes
@operation(problems=[TooManyRequests], tags=["accounts"])
def change_profile(body: ProfileChange) -> Profile:
    """Change one's name or bio; what is left out or null stays."""
    user = current_user()
    user.name = body.name if body.name is not None else user.name
    user.bio = body.bio if body.bio is not None else user.bio
    db.session.commit()
    return profile_of(user)


@accounts.put("/profile/avatar")
@signed_in
@limit_changes
@operation(problems=[NotFound, FileRejected, StorageFull, TooManyRequests], tags=["accounts"])
def choose_avatar(body: AvatarChoice) -> Profile:
    """Make an uploaded picture one's avatar; the former one goes."""
    user = current_user()
    avatars.choose(user, str(body.file_id))
    return profile_of(user)


@accounts.delete("/profile/avatar")
@signed_in
@limit_changes
@operation(problems=[TooManyRequests], tags=["accounts"])
def remove_avatar() -> Profile:
    """Have no avatar any more."""
    user = current_user()
    avatars.remove(user)
    return profile_of(user)


@accounts.put("/password")
@signed_in(within=timedelta(minutes=10))
@limit_changes
@operation(
    returns={204: None},
    problems=[SessionExpired, ServiceUnavailable, TooManyRequests],
    tags=["accounts"],
)
def change_password(body: PasswordChange) -> None:
    """Set one's password. Every other login of one's own ends; this one gets a new secret."""
    user = current_user()
    subject = str(user.id)
    limit_password_changes(subject, counting=False)  # before it waits for a place
    with password_checks():
        limit_password_changes(subject)
        user.password_hash = hash_password(body.password)
    end_logins(subject, keep_current=True, session=db.session)
    db.session.commit()  # the new password and the end of the logins: both, or neither
    rotate_login()


def profile_of(user: User) -> Profile:
    """Describe a person to themselves."""
    return Profile(
        id=user.id,
        email=user.email,
        name=user.name,
        bio=user.bio,
        joined_at=user.joined_at,
        has_password=user.has_password,
        avatar=avatars.avatar_of(user),
    )


def current_user() -> User:
    """Return the account behind a guarded request.

    Raises:
        Unauthenticated: nobody is signed in, or the account has been deleted since the guard ran.
    """
    identity = current_identity()
    user = None if identity is None else db.session.get(User, int(identity.subject))
    if user is None:
        raise Unauthenticated
    return user


def check_author(written: Post | Comment) -> None:
    """Let the author and staff through.

    Raises:
        Forbidden: the caller is neither.
    """
    user = current_user()
    if written.author_id != user.id and user.role != "staff":
        raise Forbidden("Somebody else wrote this.")


def authenticate(credentials: Credentials) -> Identity | None:
    """Check a password.

    A hash with yesterday's parameters is renewed on the way.
    """
    user = by_email(credentials.email)
    stored = user.password_hash if user else None
    password = credentials.password.get_secret_value()
    if not verify(password, stored) or user is None:
        return None
    if stored and is_outdated(stored):
        # Not over a password that was set in between: that would bring this one back.
        unchanged = update(User).where(User.id == user.id, User.password_hash == stored)
        db.session.execute(unchanged.values(password_hash=hash_password(password)))
        db.session.commit()
    return identity_of(user)


def load_identity(subject: str) -> Identity | None:
    """Return the person of a login as they are now; None if the account is gone."""
    role = db.session.scalar(_ROLE, {"id": int(subject)})
    return None if role is None else Identity(subject=subject, roles=(role,), scopes=SCOPES)


def identify_external(account: ExternalAccount) -> Identity | None:
    """Make an account for a new person from outside; None if their email is not verified.

    Raises:
        AccountExists: the email has an account, and only its person may connect it, signed in.
    """
    if account.email is None or _valid(Email, account.email) is None:
        return None
    local_part = account.email.partition("@")[0]
    name = _valid(Name, account.name) or _valid(Name, local_part) or "Somebody"
    user = User(email=account.email.lower(), name=name)
    db.session.add(user)
    try:
        db.session.commit()
    except IntegrityError:
        raise AccountExists from None
    return identity_of(user)


def _valid(kind: Any, value: object) -> str | None:
    try:
        return cast("str", TypeAdapter(kind).validate_python(value))
    except ValidationError:
        return None


def identity_of(user: User) -> Identity:
    """Return what the library knows of a person."""
    return Identity(subject=str(user.id), roles=(user.role,), scopes=SCOPES)


def by_email(email: str) -> User | None:
    """Return the account of an email address."""
    return db.session.scalar(select(User).where(User.email == email.lower()))
