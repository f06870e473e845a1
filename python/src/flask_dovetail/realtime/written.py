"""Payloads as clients get them: by alias, with the declared fields only, and always JSON."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from flask import Flask, current_app
from pydantic import ValidationError

from ..contract.runtime import ContractState
from ..contract.writers import UnwritableError, Writer
from ..core import state
from ..core.errors import DeclarationError

if TYPE_CHECKING:
    from .declaration import Event


@cache
def writer_of(kind: type[Any]) -> Writer:
    """Return the writer of an event's class, or of the model that presents people."""
    return Writer(kind)


def write(writer: Writer, value: Any) -> bytes:
    """Return a value as JSON, checked like an answer: in debug and testing, strictly.

    Raises:
        UnwritableError: it cannot be written as its declared type.
    """
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    strict = state.get(ContractState, app).checks_responses(app)
    return writer.write_checked(value) if strict else writer.write(value)


def write_event(event: Event) -> bytes:
    """Return the payload of an event as JSON.

    Raises:
        DeclarationError: it cannot be written as its class declares.
    """
    try:
        return write(writer_of(type(event)), event)
    except UnwritableError as exc:
        raise DeclarationError(
            f"{type(event).__name__} cannot be sent: {exc}. Correct the values, or the class."
        ) from exc


def read_event(kind: type[Event], data: str | bytes) -> tuple[Event, bytes] | None:
    """Return a stored event, and as JSON the payload that clients get; None for another form.

    The application's validators do not run again: they may turn one form into another.
    """
    writer = writer_of(kind)
    try:
        event: Event = writer.read_back(data)
        return event, writer.write(event)
    except (ValidationError, UnwritableError):
        return None
