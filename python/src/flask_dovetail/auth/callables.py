"""Check at start that Dovetail can call the application's functions."""

from __future__ import annotations

from inspect import iscoroutinefunction, signature
from typing import TYPE_CHECKING, Any

from ..core.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable


def check_callable(function: Callable[..., Any] | None, name: str, argument: str) -> None:
    """Require that `function` can be called with one argument, and is no coroutine function.

    Args:
        function: None: the app gave none.
        name: of the argument of `Dovetail(...)`.
        argument: what the function is given, for the cure.

    Raises:
        ConfigurationError: it cannot.
    """
    if function is None:
        return
    if not callable(function):
        fact = f"is a {type(function).__name__}, no function"
    elif iscoroutinefunction(function):
        fact = "is a coroutine function, and Dovetail does not await it"
    elif not _takes_one(function):
        fact = f"takes {signature(function)}, and Dovetail gives it one argument"
    else:
        return
    raise ConfigurationError(
        f"{name} {fact}.",
        key=f"Dovetail({name}=...)",
        cure=f"Write def {name}({argument}), which returns an Identity or None.",
    )


def _takes_one(function: Callable[..., Any]) -> bool:
    try:
        parameters = signature(function)
    except (TypeError, ValueError):  # some functions written in C do not say
        return True
    try:
        parameters.bind(None)
    except TypeError:
        return False
    return True
