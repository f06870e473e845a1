"""Accounts: signing up, one's profile, and the two callables that Dovetail asks about people."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, cast

from flask import Blueprint
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from flask_dovetail import (
    Credentials,
    Identity,
    Problem,
    current_identity,
    end_logins,
    operation,
    rotate_login,
    signed_in,
)
from flask_dovetail.problems import TooManyRequests, Unauthenticated

from .database import db
from .fields import Email, Line, MaybeText, Password
from .limits import limit_signups
from .models import User
from .passwords import hash_password, is_outdated, verify

accounts = Blueprint("accounts", __name__, url_prefix="/api")

SCOPES = ("posts:write",)


class EmailTaken(
    Problem, code="EMAIL_TAKEN", status=409, title="This email has an account already"
):
    """Somebody signed up with this address before."""


class SignUp(BaseModel):
    email: Email
    name: Annotated[Line, StringConstraints(max_length=80)]
    password: Password


class ProfileChange(BaseModel):
    name: Annotated[Line, StringConstraints(max_length=80)] | None = None
    bio: Annotated[MaybeText, StringConstraints(max_length=500)] | None = None


class PasswordChange(BaseModel):
    password: Password


class Profile(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    email: str
    name: str
    bio: str
    joined_at: datetime
    has_password: bool = Field(description="Else one signs in by an outside provider only.")


@accounts.post("/signup")
@operation(returns={201: Profile}, problems=[EmailTaken, TooManyRequests], tags=["accounts"])
def sign_up(body: SignUp) -> Profile:
    """Make an account. Signing in is a call of its own, `POST /auth/login`."""
    limit_signups()
    user = User(
        email=body.email.lower(), name=body.name, password_hash=hash_password(body.password)
    )
    db.session.add(user)
    try:
        db.session.commit()
    except IntegrityError:
        raise EmailTaken from None
    return Profile.model_validate(user)


@accounts.get("/profile")
@signed_in
@operation(tags=["accounts"])
def read_profile() -> Profile:
    """One's own profile."""
    return Profile.model_validate(current_user())


@accounts.patch("/profile")
@signed_in
@operation(tags=["accounts"])
def change_profile(body: ProfileChange) -> Profile:
    """Change one's name or bio; what is left out or null stays."""
    user = current_user()
    user.name = body.name if body.name is not None else user.name
    user.bio = body.bio if body.bio is not None else user.bio
    db.session.commit()
    return Profile.model_validate(user)


@accounts.put("/password")
@signed_in
@operation(returns={204: None}, tags=["accounts"])
def change_password(body: PasswordChange) -> None:
    """Set one's password. Every other login of one's own ends; this one gets a new secret."""
    user = current_user()
    user.password_hash = hash_password(body.password)
    db.session.commit()
    end_logins(str(user.id), keep_current=True)
    rotate_login()


def current_user() -> User:
    """The account behind a guarded request."""
    identity = current_identity()
    if identity is None:
        raise Unauthenticated
    return cast("User", identity.user)


def authenticate(credentials: Credentials) -> Identity | None:
    """Check a password. A hash made with yesterday's parameters is renewed on the way."""
    user = by_email(credentials.email)
    stored = user.password_hash if user else None
    password = credentials.password.get_secret_value()
    if not verify(password, stored):
        return None
    if user and stored and is_outdated(stored):
        user.password_hash = hash_password(password)
        db.session.commit()
    return identity_of(user)


def load_identity(subject: str) -> Identity | None:
    """The person a login belongs to, as they are now; None when the account is gone."""
    return identity_of(db.session.get(User, int(subject)))


def identity_of(user: User | None) -> Identity | None:
    if user is None:
        return None
    return Identity(subject=str(user.id), roles=(user.role,), scopes=SCOPES, user=user)


def by_email(email: str) -> User | None:
    return db.session.scalar(select(User).where(User.email == email.lower()))
