"""`notify`: write a notification in the caller's transaction, and push it after the commit.

Notifications are collected in the session and written just before its commit, ordered by person: so
the row that numbers a person's notifications is locked for a moment only, and two transactions that
notify the same people cannot deadlock.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic_core import from_json
from sqlalchemy import event as sqlalchemy_event
from sqlalchemy import insert
from sqlalchemy.exc import UnboundExecutionError
from sqlalchemy.orm import Session, scoped_session

from ...core.errors import DeclarationError
from ...storage.given_engine import given_engine
from ..realtime import current
from ..rules import MAX_PAYLOAD_BYTES
from ..written import read_event, write_event
from .tables import notifications

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine
    from sqlalchemy.orm import SessionTransaction

    from ..declaration import Event
    from ..realtime import Realtime


class _Written(NamedTuple):
    """A notification that has no row yet.

    Attributes:
        within: the transaction or savepoint that it was added in; a rollback drops it.
    """

    service: Realtime
    subject: str
    event: str
    data: str
    within: SessionTransaction | None


@dataclass
class _Outbox:
    """The waiting notifications of one session, and the people with news after its commit."""

    waiting: list[_Written] = field(default_factory=list)
    news: dict[int, tuple[Realtime, set[str]]] = field(default_factory=dict)


_OUTBOX_KEY = "dovetail_outbox"
"""The key in `Session.info`, where an outbox lives no longer than its session."""


def notify(
    subject: str, event: Event, *, session: Session | scoped_session[Any] | None = None
) -> None:
    """Store a notification for a person, and push it to all their connections.

    Works in a request, a background worker and a command, in an app context.

    Args:
        subject: the person, as in `Identity.subject`.
        event: an instance of a class in `Dovetail(notifications=[...])`.
        session: the notification is written in its transaction, just before the commit, and
            pushed after it; a rollback drops it. It has to be on Dovetail's engine. Without a
            session, the notification is written at once, in a transaction of its own.

    Raises:
        DeclarationError: the event is not listed, its payload is larger than 16 KiB or is not
            JSON that its class reads as the same, the subject is not 1 to 255 characters, or the
            session is on another engine.
        ConfigurationError: the tables do not exist.
        DovetailError: the app has no sockets.
    """
    service = current()
    data = _check_payload(service, subject, event)
    if session is None:
        with service.notifications.tables.writing() as connection:
            service.notifications.add(
                connection, subject, event.event_name, data, now=service.now()
            )
        service.has_news([subject])
        return
    real: Session = session() if isinstance(session, scoped_session) else session
    _find_bind(service, real)
    outbox = _find_outbox(real)
    if outbox is None:
        outbox = real.info[_OUTBOX_KEY] = _Outbox()
        sqlalchemy_event.listen(real, "before_commit", _write)
        sqlalchemy_event.listen(real, "after_commit", _push)
        sqlalchemy_event.listen(real, "after_soft_rollback", _forget)
    within = real.get_nested_transaction() or real.get_transaction()
    if within is None:
        within = real.begin()
    one = _Written(service, subject, event.event_name, data, within)
    if real._flushing:  # by a listener, perhaps during the commit's own flush: later is too late
        _add(real, outbox, one)
    else:
        outbox.waiting.append(one)


def _check_payload(service: Realtime, subject: str, event: Event) -> str:
    """Check the arguments, and return the payload as JSON."""
    name = type(event).__name__
    if service.events.get(getattr(event, "event_name", "")) is not type(event):
        raise DeclarationError(
            f"{name} is no notification of this app: list it in Dovetail(notifications=[...])."
        )
    if not isinstance(subject, str) or not 1 <= len(subject) <= 255:
        raise DeclarationError(
            "notify(subject, ...) takes a string of 1 to 255 characters: write str(user.id)."
        )
    data = write_event(event)
    again = read_event(type(event), data)
    if again is None or _unordered(from_json(again[1])) != _unordered(from_json(data)):
        raise DeclarationError(
            f"{name} cannot be stored: what it writes, it does not read as the same. Give fields "
            "with exclude=True a default, and let serializers write what the field's type reads."
        )
    if len(data) > MAX_PAYLOAD_BYTES:
        raise DeclarationError(
            f"{name} is more than {MAX_PAYLOAD_BYTES // 1024} KiB: send what names the thing, and "
            "let the page read it."
        )
    return data.decode()


def _unordered(value: Any) -> Any:
    """Return JSON in a form that does not depend on the order in which a set was written."""
    if isinstance(value, list):
        return sorted(repr(_unordered(item)) for item in value)
    if isinstance(value, dict):
        return {name: _unordered(item) for name, item in value.items()}
    return value


def _find_bind(service: Realtime, session: Session) -> Engine | Connection:
    """Return the bind that the session writes our rows on."""
    try:
        bind = session.get_bind(clause=insert(notifications))
    except UnboundExecutionError:
        bind = None
    engine = given_engine(service.notifications.tables.engine())
    if bind is None or bind.engine.pool is not engine.pool:
        raise DeclarationError(
            "notify(session=...): the session is not on Dovetail's engine, so the two could not "
            "be one transaction. Give Dovetail(engine=...) the one that the session has."
        )
    return bind


def _find_outbox(session: Session) -> _Outbox | None:
    outbox: _Outbox | None = session.info.get(_OUTBOX_KEY)
    return outbox


def _write(session: Session) -> None:
    outbox = _find_outbox(session)
    if outbox is None or session.in_nested_transaction():
        return
    session.flush()  # the application's own rows first; its listeners may call `notify`, too
    transaction = session.get_transaction()
    if transaction is None:
        return
    # A session that was closed without commit or rollback leaves notifications behind: skip them.
    waiting = [one for one in outbox.waiting if _is_within(one.within, transaction)]
    outbox.waiting = []
    for one in sorted(waiting, key=lambda one: one.subject):
        _add(session, outbox, one)


def _add(session: Session, outbox: _Outbox, one: _Written) -> None:
    """Write the row in the session's transaction."""
    bind = _find_bind(one.service, session)
    connection = session.connection(bind_arguments={"bind": bind})
    one.service.notifications.add(
        connection, one.subject, one.event, one.data, now=one.service.now()
    )
    news = outbox.news.setdefault(id(one.service), (one.service, set()))
    news[1].add(one.subject)


def _push(session: Session) -> None:
    outbox = _find_outbox(session)
    if outbox is None or session.in_nested_transaction():
        return
    news, outbox.news = outbox.news, {}
    for service, subjects in news.values():
        service.has_news(subjects)


def _forget(session: Session, rolled_back: SessionTransaction) -> None:
    """Drop the notifications of the transaction or savepoint that was rolled back."""
    outbox = _find_outbox(session)
    if outbox is None:
        return
    outbox.waiting = [one for one in outbox.waiting if not _is_within(one.within, rolled_back)]
    if rolled_back.parent is None:
        outbox.news.clear()


def _is_within(inner: SessionTransaction | None, outer: SessionTransaction) -> bool:
    while inner is not None:
        if inner is outer:
            return True
        inner = inner.parent
    return False
