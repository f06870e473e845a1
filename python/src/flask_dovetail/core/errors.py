"""The errors that mean "Dovetail was misused", apart from the problems that a client receives.

DovetailError
├── ConfigurationError     a DOVETAIL_* value that cannot be safe or cannot work
├── DeclarationError       a decorator, model or identity that contradicts itself
├── MissingExtraError      an optional dependency that a chosen setting needs
└── contract.ResponseContractError   an answer that contradicts its operation (debug, testing)

The answer to a client is a `flask_dovetail.Problem`.
"""

from __future__ import annotations


class DovetailError(Exception):
    """The base of every error that says the library was misused."""


class ConfigurationError(DovetailError):
    """A setting is refused at start: the fact, the exact key, the cure."""

    def __init__(self, fact: str, *, key: str, cure: str) -> None:
        super().__init__(f"{fact}\n  key:  {key}\n  cure: {cure}")
        self.fact = fact
        self.key = key
        self.cure = cure


class DeclarationError(DovetailError):
    """An operation, guard, model or identity cannot work. Raised at import where possible."""


class MissingExtraError(DovetailError):
    """A setting needs a package that is not installed."""

    def __init__(self, feature: str, *, extra: str) -> None:
        super().__init__(f"{feature} needs an extra: pip install 'flask-dovetail[{extra}]'")
        self.extra = extra
