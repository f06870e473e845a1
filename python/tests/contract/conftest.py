"""An app that has the contract and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import pytest
from flask import Flask

from flask_dovetail.contract.security import ATTRIBUTE, Security
from flask_dovetail.problems import MissingRole, Unauthenticated
from support.bare_app import MakeApp, make_bare_app

SCHEMES = {"session": {"type": "apiKey", "in": "cookie", "name": "sid"}}
Guard = Callable[..., Callable[[Any], Any]]


class StoreDownError(Exception):
    """The exception of a driver whose server is gone."""


@pytest.fixture
def make_app() -> MakeApp:
    """`make_app(KEY=value, …)`: a new app; `request_id` is "req-1", StoreDownError is an outage."""

    def make(schemes: Any = SCHEMES, **config: Any) -> Flask:
        return make_bare_app(
            "shop",
            request_id=lambda: "req-1",
            store_of=lambda exc: "database" if isinstance(exc, StoreDownError) else None,
            security_schemes=schemes,
            **config,
        )

    return make


@pytest.fixture
def app(make_app: MakeApp) -> Flask:
    """In production mode: answers are not checked, errors do not propagate."""
    return make_app()


@pytest.fixture
def strict(make_app: MakeApp) -> Flask:
    """In testing mode: answers are checked, errors propagate."""
    return make_app(TESTING=True)


@pytest.fixture
def store_down() -> type[Exception]:
    return StoreDownError


@pytest.fixture
def guard() -> Guard:
    """A guard like `@signed_in`: it refuses whoever has no cookie `sid`."""

    def guarded(*, scopes: tuple[str, ...] = (), roles: tuple[str, ...] = ()) -> Any:
        def decorate(view: Any) -> Any:
            @wraps(view)
            def call(*args: Any, **values: Any) -> Any:
                from flask import request

                if "sid" not in request.cookies:
                    raise Unauthenticated
                return view(*args, **values)

            problems = (Unauthenticated, *((MissingRole,) if roles else ()))
            setattr(call, ATTRIBUTE, Security(scopes, roles, problems))
            return call

        return decorate

    return guarded
