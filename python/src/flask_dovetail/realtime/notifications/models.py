"""The request and response models of the notification routes. Times are ISO 8601 in UTC."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    create_model,
)
from pydantic_core import PydanticCustomError

from ...contract import PageQuery
from ...core.times import utc_text
from ..rules import MAX_SEQ

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ..declaration import Event
    from .store import StoredNotification


class NotificationQuery(PageQuery):
    """The page of notifications, and which of them."""

    unread: bool = Field(default=False, description="Only those that are not read.")


class Standing(BaseModel):
    """How things are for whoever asks."""

    seq: int = Field(description="The number of the newest notification; 0: there was none yet.")
    unread: int = Field(description="How many of those that are kept are not read.")


def _number(value: Any) -> Any:
    """Accept a JSON number only: neither its text nor a boolean."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise PydanticCustomError("int_type", "Input should be a valid integer")
    return value


class ReadUpTo(BaseModel):
    """Up to where a person has read."""

    up_to: Annotated[int, BeforeValidator(_number)] = Field(
        ge=0, le=MAX_SEQ, description="The number of the last one to mark."
    )


def notification_of(event: type[Event]) -> type[BaseModel]:
    """Make the model of a notification with that event, such as `PostLikedNotification`."""
    made: type[BaseModel] = create_model(
        f"{event.__name__}Notification",
        __doc__=(event.__doc__ or "").strip() or None,
        __config__=ConfigDict(extra="forbid"),
        seq=(int, Field(description="Counts one person's notifications, without a gap, from 1.")),
        event=(Literal[event.event_name], ...),  # type: ignore[arg-type]  # its value, at run time
        data=(event, ...),
        created_at=(datetime, ...),
        read_at=(datetime | None, Field(description="When it was marked read; null: it was not.")),
    )
    return made


def page_of(events: Iterable[type[Event]]) -> type[BaseModel]:
    """Make the model of a page of notifications: a union of those events, told apart by `event`."""
    kinds = tuple(notification_of(event) for event in events)
    item: Any = Any if not kinds else Union[kinds]  # noqa: UP007 - made at run time
    if len(kinds) > 1:
        item = Annotated[item, Field(discriminator="event")]
    made: type[BaseModel] = create_model(
        "NotificationPage",
        __doc__="One page of notifications, newest first, and how things are.",
        __base__=Standing,
        items=(list[item], ...),
        next_cursor=(
            str | None,
            Field(
                default=None,
                description="Give it back as `cursor` for the next page; null on the last.",
            ),
        ),
    )
    return made


def describe(kept: StoredNotification, events: Mapping[str, type[Event]]) -> dict[str, Any] | None:
    """Return a notification in the form that clients get by socket and over HTTP.

    None if the app no longer knows it: its event is gone, or its payload is from before a change of
    the event. It is left out, and stays stored.
    """
    event = events.get(kept.event)
    if event is None:
        return None
    try:
        data = event.model_validate_json(kept.data).model_dump(mode="json")
    except ValidationError:
        return None
    return {
        "seq": kept.seq,
        "event": kept.event,
        "data": data,
        "created_at": utc_text(kept.created_at),
        "read_at": None if kept.read_at is None else utc_text(kept.read_at),
    }
