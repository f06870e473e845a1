"""Check what the application's callables return about people."""

from __future__ import annotations

from inspect import iscoroutine
from typing import Any

from ...core.errors import DeclarationError
from ...core.identity import Identity

_TAKES = ("begin_login", "DovetailClient.sign_in")  # the others are functions of the app's


def check_identity(returned: Any, callable_name: str) -> None:
    """Require an `Identity`.

    Raises:
        DeclarationError: it is something else, such as the application's own user object.
    """
    if not isinstance(returned, Identity):
        verb = "was given" if callable_name in _TAKES else "returned"
        cure = "write Identity(str(user.id), roles=..., user=user); None refuses the login."
        if iscoroutine(returned):
            returned.close()  # or Python warns at some other time that nobody awaited it
            cure = f"write {callable_name} with def, not async def."
        raise DeclarationError(
            f"{callable_name} {verb} a {type(returned).__name__}, no Identity.\n"
            f"  key:  {callable_name}\n"
            f"  cure: {cure}"
        )
