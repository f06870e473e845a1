"""The state of one app, stored in `app.extensions["dovetail"]` by type.

It is frozen when `init_app` returns. The extension object holds no state, so one `Dovetail` may
serve several apps in a process.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar, cast

from flask import current_app

from .errors import DovetailError

if TYPE_CHECKING:
    from flask import Flask

T = TypeVar("T")
KEY = "dovetail"


class State:
    """One value per type. `freeze()` is called once, at the end of `init_app`."""

    def __init__(self) -> None:
        self._values: dict[type, object] = {}
        self._frozen = False

    def put(self, value: object) -> None:
        """Store `value` under its type."""
        if self._frozen:
            raise DovetailError("Dovetail's state is frozen once init_app has returned.")
        self._values[type(value)] = value

    def freeze(self) -> None:
        """Refuse every later `put`."""
        self._frozen = True

    def get(self, kind: type[T]) -> T:
        """Return the value of that type."""
        return cast("T", self._values[kind])

    def find(self, kind: type[T]) -> T | None:
        """Return the value of that type, or None."""
        return cast("T | None", self._values.get(kind))


def put(app: Flask, value: object) -> None:
    """Store `value` for this app under its own type."""
    cast("State", app.extensions[KEY]).put(value)


def find(kind: type[T], app: Flask) -> T | None:
    """Return the value of that type for `app`, or None if there is none."""
    return cast("State", app.extensions[KEY]).find(kind)


def get(kind: type[T], app: Flask | None = None) -> T:
    """Return the value of that type for `app`, or for the current app."""
    extensions = (app or current_app).extensions
    try:
        return cast("State", extensions[KEY]).get(kind)
    except KeyError:
        raise DovetailError(
            f"{kind.__name__} was asked for, but Dovetail is not initialised on this app: "
            "call dovetail.init_app(app) in the application factory."
        ) from None
