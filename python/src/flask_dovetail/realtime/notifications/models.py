"""The request and response models of the notification routes. Times are ISO 8601 in UTC."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    create_model,
)
from pydantic_core import PydanticCustomError, from_json

from ...contract import PageQuery
from ...core.times import utc, utc_text
from ..rules import MAX_SEQ
from ..written import read_event

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


def page_of(kinds: Iterable[type[BaseModel]]) -> type[BaseModel]:
    """Make the model of a page of notifications: a union of them, told apart by `event`."""
    kinds = tuple(kinds)
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
    the event. It is left out and not counted, and stays stored.
    """
    read = read_payload(kept.event, kept.data, events)
    if read is None:
        return None
    return {
        "seq": kept.seq,
        "event": kept.event,
        "data": from_json(read[1]),
        "created_at": utc_text(kept.created_at),
        "read_at": None if kept.read_at is None else utc_text(kept.read_at),
    }


def read_payload(
    name: str, data: str, events: Mapping[str, type[Event]]
) -> tuple[Event, bytes] | None:
    """See `read_event`; None also for an event that the app no longer has."""
    event = events.get(name)
    return None if event is None else read_event(event, data)


def item_of(
    kept: StoredNotification,
    kinds: Mapping[str, type[BaseModel]],
    events: Mapping[str, type[Event]],
) -> BaseModel | None:
    """Return a notification as an item of the page; None as in `describe`.

    It is not validated again, since validators may turn one form of the event into another.
    """
    read = read_payload(kept.event, kept.data, events)
    if read is None:
        return None
    return kinds[kept.event].model_construct(
        seq=kept.seq,
        event=kept.event,
        data=read[0],
        created_at=utc(kept.created_at),
        read_at=None if kept.read_at is None else utc(kept.read_at),
    )
