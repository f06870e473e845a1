"""The guard `signed_in`: it restricts who may call a view, and documents that."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from functools import wraps
from inspect import iscoroutinefunction
from types import FunctionType
from typing import TYPE_CHECKING, Any, TypeVar, overload

from flask import current_app

from ...contract import security
from ...contract.problems import (
    AmbiguousCookie,
    InsufficientScope,
    InvalidToken,
    MissingRole,
    ReauthenticationRequired,
    SessionExpired,
    TokenExpired,
    Unauthenticated,
)
from ...contract.wrappers import mark_wrapper
from ...core.errors import DeclarationError
from ...core.identity import is_scope
from ..logins.rules import CLOCK_SKEW_SECONDS
from . import challenge
from .caller import Caller, require_caller, require_live_login
from .csrf import check_token

if TYPE_CHECKING:
    from flask import Flask

    from ...contract.problem import Problem

V = TypeVar("V", bound=Callable[..., Any])
_BELOW = "__dovetail_below_guard__"


@overload
def signed_in(view: V, /) -> V: ...
@overload
def signed_in(
    *,
    scope: str | None = None,
    scopes: Iterable[str] = (),
    role: str | None = None,
    roles: Iterable[str] = (),
    within: timedelta | None = None,
) -> Callable[[V], V]: ...
def signed_in(
    view: V | None = None,
    /,
    *,
    scope: str | None = None,
    scopes: Iterable[str] = (),
    role: str | None = None,
    roles: Iterable[str] = (),
    within: timedelta | None = None,
) -> V | Callable[[V], V]:
    """Let only people who are signed in call a view. Write it above `@operation`.

    Args:
        scope, scopes: all of these are needed.
        role, roles: one of these is needed.
        within: how long ago the sign-in may be, for dangerous actions (RFC 9470). A login that has
            been ended is refused at once, whatever `DOVETAIL_AUTH_REVOCATION` says.

    Raises, when the view is called:
        Unauthenticated: 401, no credential was sent.
        SessionExpired: 401, the login has ended.
        InvalidToken, TokenExpired: 401, the access token is not ours, or its time is over.
        ReauthenticationRequired: 401, the sign-in is longer ago than `within`.
        InsufficientScope, MissingRole: 403.
        AmbiguousCookie: 400, the cookie was sent twice with different values.
    """
    if view is not None and not callable(view):
        raise DeclarationError(
            f"@signed_in({view!r}): it takes keyword arguments.\n"
            f"  cure: write @signed_in(role={view!r}) or @signed_in(scope={view!r})."
        )
    all_scopes = _collect("scope", scope, scopes)
    any_role = _collect("role", role, roles)
    max_age = _seconds(within)
    for each in all_scopes:
        if not is_scope(each):
            raise DeclarationError(
                f"signed_in(scope={each!r}): RFC 6749 section 3.3 allows printable ASCII without "
                "spaces, quotes and backslashes."
            )

    def guard(guarded: V) -> V:
        if security.security_of(guarded) is not None:
            raise DeclarationError(
                f"{guarded.__module__}.{guarded.__qualname__} has two guards: "
                "put every scope and role into one @signed_in(...)."
            )
        return _guarded(guarded, all_scopes, any_role, max_age)

    return guard if view is None else guard(view)


def init_app(app: Flask) -> None:
    """Refuse every request while a route goes around its own guard.

    `@signed_in` above `@app.get(...)` guards a function that nobody calls: the route has the bare
    view. This is checked at the first request, when all routes are there.

    Raises, at every request:
        DeclarationError: there is such a route.
    """
    checked = False

    def check() -> None:
        nonlocal checked
        if checked:
            return
        for endpoint, view in app.view_functions.items():
            if getattr(view, _BELOW, None) is view:
                raise DeclarationError(
                    f"The route of {endpoint!r} goes around the guard of its view: write "
                    "@signed_in below @app.get(...), @blueprint.post(...) and the like."
                )
        checked = True

    app.before_request(check)


def _guarded(view: V, scopes: tuple[str, ...], roles: tuple[str, ...], max_age: int | None) -> V:
    is_async = iscoroutinefunction(view)

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        check_token()
        current = require_caller()
        identity = current.identity
        assert identity is not None
        for scope in scopes:
            if scope not in identity.scopes:
                headers = challenge.insufficient_scope(scopes) if current.bearer else None
                raise InsufficientScope(f"The scope {scope} is needed.", headers=headers)
        if roles and not any(role in identity.roles for role in roles):
            raise MissingRole
        if max_age is not None:
            _require_recent(current, max_age)
        if is_async:
            return current_app.ensure_sync(view)(*args, **kwargs)
        return view(*args, **kwargs)

    problems: list[type[Problem]] = [
        Unauthenticated,
        SessionExpired,
        InvalidToken,
        TokenExpired,
        AmbiguousCookie,
    ]
    if scopes:
        problems.append(InsufficientScope)
    if roles:
        problems.append(MissingRole)
    if max_age is not None:
        problems.append(ReauthenticationRequired)
    demand = security.Security(scopes, roles, tuple(problems), max_age)
    setattr(guarded, security.ATTRIBUTE, demand)
    mark_wrapper(guarded)
    _mark_below(view)
    return guarded  # type: ignore[return-value]


def _require_recent(current: Caller, max_age: int) -> None:
    assert current.login is not None
    is_old = current.auth.now() - CLOCK_SKEW_SECONDS > current.login.created_at + max_age
    if current.is_other or is_old:
        by_token = current.bearer or current.auth.issues_tokens
        raise ReauthenticationRequired(
            headers=challenge.older_than(max_age, bearer=by_token), max_age=max_age
        )
    require_live_login(current)


def _mark_below(view: Any) -> None:
    """Mark a view, and every function that it wraps, as standing below a guard."""
    while view is not None:
        if isinstance(view, FunctionType):
            setattr(view, _BELOW, view)  # itself, since functools.wraps copies attributes
        view = getattr(view, "__wrapped__", None)


def _collect(name: str, one: str | None, several: Iterable[str]) -> tuple[str, ...]:
    if isinstance(several, str):
        raise DeclarationError(f"signed_in({name}s=...) takes several: write {name}={several!r}.")
    if isinstance(one, Iterable) and not isinstance(one, str):
        raise DeclarationError(f"signed_in({name}=...) takes one: write {name}s={one!r}.")
    return tuple(several) if one is None else (one, *several)


def _seconds(within: timedelta | None) -> int | None:
    if within is None:
        return None
    if not isinstance(within, timedelta) or within < timedelta(seconds=1):
        raise DeclarationError(
            "signed_in(within=...) takes a second or more: write within=timedelta(minutes=10)."
        )
    return int(within.total_seconds())
