"""Check what the application's callables return about people."""

from __future__ import annotations

from typing import Any

from ...core.errors import DeclarationError
from ...core.identity import Identity


def check_identity(returned: Any, callable_name: str) -> None:
    """Require an `Identity`.

    Raises:
        DeclarationError: it is something else, such as the application's own user object.
    """
    if not isinstance(returned, Identity):
        raise DeclarationError(
            f"{callable_name} was given or returned a {type(returned).__name__}, no Identity.\n"
            f"  key:  {callable_name}\n"
            "  cure: write Identity(str(user.id), roles=..., user=user); None refuses the login."
        )
