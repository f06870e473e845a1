"""The errors that mean "Dovetail was misused", apart from the problems a client is answered with.

DovetailError
├── ConfigurationError     a DOVETAIL_* value that cannot be safe or cannot work
├── DeclarationError       a decorator or model that contradicts itself, found at import
└── MissingExtraError      an optional dependency that a chosen setting needs

What a client is answered with is `flask_dovetail.contract.Problem`.
"""

from __future__ import annotations


class DovetailError(Exception):
    """Base of every error that says the library was misused."""


class ConfigurationError(DovetailError):
    """A setting is refused at start: the fact, the exact key, the cure."""

    def __init__(self, fact: str, *, key: str, cure: str) -> None:
        super().__init__(f"{fact}\n  key:  {key}\n  cure: {cure}")
        self.fact = fact
        self.key = key
        self.cure = cure


class DeclarationError(DovetailError):
    """An operation, guard or model is declared in a way that cannot work."""


class MissingExtraError(DovetailError):
    """A setting needs a package that is not installed."""

    def __init__(self, feature: str, *, extra: str) -> None:
        super().__init__(f"{feature} needs an extra: pip install 'flask-dovetail[{extra}]'")
        self.extra = extra
