"""Read what clients send as the models and keys that handlers and rooms take."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, Field, ValidationError
from pydantic_core import from_json, to_json, to_jsonable_python

from ...contract.error_limit import ErrorLimitError
from ...contract.inputs import Refused, demand_plain
from ...contract.problems import MalformedJson, NotFound, ValidationFailed
from ...contract.schemas import Reader
from ...contract.validation_errors import error_entry, errors_of
from ..rules import MAX_SEQ, parse_room
from ..written import write

if TYPE_CHECKING:
    from ..declaration import Declaration, Handler, Room


class Handshake(BaseModel, extra="ignore"):
    """The `auth` of a CONNECT packet; fields of newer clients are ignored."""

    token: str | None = Field(default=None, max_length=16_384)
    last: int | None = Field(default=None, strict=True, ge=0, le=MAX_SEQ)
    login: str | None = Field(default=None, max_length=64)


class Renewal(BaseModel):
    """Another access token of the same login."""

    token: str = Field(max_length=16_384)


class RoomIn(BaseModel):
    """A room, written `kind:key`."""

    room: str = Field(max_length=200)


HANDSHAKE = Reader(Handshake)
RENEWAL = Reader(Renewal)
ROOM = Reader(RoomIn)


def read(reader: Reader, payload: Any, place: str = "body") -> Any:
    """Validate a payload that Socket.IO has parsed against a model, by the rules of JSON.

    Raises:
        ValidationFailed: it contradicts the model.
        MalformedJson: it has numbers or text that JSON has not, or is nested too deeply.
    """
    try:
        raw = to_json(payload, inf_nan_mode="constants")
    except ValueError:
        raise MalformedJson from None
    try:
        demand_plain(raw, place)
    except Refused as refused:
        raise ValidationFailed(errors=refused.errors) from None
    try:
        return reader.read_json(raw)
    except ValidationError as error:
        raise ValidationFailed(errors=errors_of(error, payload, place)) from None
    except ErrorLimitError as error:
        errors = [error_entry(place, code=error.code, detail=error.detail)]
        raise ValidationFailed(errors=errors) from None


def take_payload(args: tuple[Any, ...]) -> Any:
    """Return the one payload of an event.

    Raises:
        ValidationFailed: the event carries none, or more than one.
    """
    if len(args) != 1:
        raise ValidationFailed(
            errors=[error_entry("body", code="missing", detail="Send one payload")]
        )
    return args[0]


def find_room(declared: Declaration, text: str) -> tuple[Room, tuple[Any, ...]]:
    """Return the kind of a room and the arguments of `permit`.

    Raises:
        NotFound: there is no such room; `post:07` is not one if the key is a number.
    """
    parsed = parse_room(text)
    room = None if parsed is None else declared.rooms.get(parsed.kind)
    if parsed is None or room is None:
        raise NotFound("There is no such room.")
    if room.key is None:
        return room, ()
    try:
        key = room.key.validator.validate_python(parsed.key, strict=False)
    except ValidationError:
        raise NotFound("There is no such room.") from None
    if str(to_jsonable_python(key)) != parsed.key:
        raise NotFound("There is no such room.")
    return room, (key,)


def call_handler(handler: Handler, args: tuple[Any, ...]) -> Any:
    """Call a handler with the validated payload, and return its acknowledgement.

    Raises:
        UnwritableError: it returned what its annotation does not declare.
    """
    operation = handler.operation
    if operation.body is None:
        returned = handler.call()
    elif not args and not operation.body_required:
        returned = handler.call(body=operation.body_default)
    else:
        returned = handler.call(body=read(operation.body, take_payload(args)))
    answer = operation.answers[0]
    return None if answer.writer is None else from_json(write(answer.writer, returned))
