"""Refresh families on a store, and a store that loses its answers."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from typing import Any

from flask_dovetail.auth.tokens.refresh.families import Families, Refreshed
from flask_dovetail.auth.tokens.refresh.rules import RefreshToken
from flask_dovetail.core.identity import Login

DAY = 86400
NOW = int(time.time())
OLD_KEY, KEY = b"the key of before", b"the key of now"


def a_login(subject: str = "ada", **changes: Any) -> Login:
    made = Login(str(uuid.uuid4()), subject, NOW, NOW, NOW + 14 * DAY, "a browser", "192.0.2.7")
    return made._replace(**changes)


def families_on(logins: Any, keys: tuple[bytes, ...] = (KEY,), grace_seconds: int = 10) -> Families:
    return Families(lambda: logins, keys=keys, grace_seconds=grace_seconds, idle_seconds=7 * DAY)


def refreshed(families: Families, token: RefreshToken, now: int = NOW) -> RefreshToken:
    outcome = families.refresh(token, now=now)
    assert isinstance(outcome, Refreshed), outcome
    return outcome.token


class Lossy:
    """A store, and what happens when a swap has been written but not yet answered."""

    def __init__(self, logins: Any, happening: Callable[[], object]) -> None:
        self._logins = logins
        self._happening = happening

    def __getattr__(self, name: str) -> Any:
        return getattr(self._logins, name)

    def advance(self, *args: Any, **kwargs: Any) -> bool:
        assert self._logins.advance(*args, **kwargs)
        self._happening()
        raise ConnectionError("the answer is lost")
