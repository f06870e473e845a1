"""The routes of a person's own notifications: listing them and marking them read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...contract import Cursor, operation
from ...contract.problems import NotFound
from ...core.own_routes import OwnBlueprint
from ..realtime import current
from . import models

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ...core.identity import Authority
    from ..declaration import Event
    from .store import Standing

TAGS = ["notifications"]
BY_SEQ = Cursor(int)


def blueprint(
    authority: Authority,
    events: Mapping[str, type[Event]],
) -> OwnBlueprint:
    """Return the routes of a person's own notifications.

    Args:
        events: the app's notifications, by name.
    """
    routes = OwnBlueprint("dovetail_notifications", __name__, url_prefix="/api/notifications")
    kinds = {name: models.notification_of(event) for name, event in events.items()}
    page = models.page_of(kinds.values())

    def subject() -> str:
        login = authority.current_login()
        assert login is not None
        return login.subject

    def announce_mark(standing: Standing) -> models.Standing:
        current().has_marked(subject())
        return models.Standing(seq=standing.seq, unread=standing.unread)

    @routes.get("")
    @authority.signed_in
    @operation(returns={200: page}, tags=TAGS)
    def list_notifications(query: models.NotificationQuery) -> Any:
        """One's own notifications, newest first."""
        rows, standing = current().notifications.page(
            subject(),
            before=BY_SEQ.decode(query.cursor),
            unread=query.unread,
            limit=query.limit + 1,
        )
        listed = rows[: query.limit]
        items = [models.item_of(kept, kinds, events) for kept in listed]
        return page.model_construct(
            items=[item for item in items if item is not None],
            next_cursor=BY_SEQ.encode(listed[-1].seq) if len(rows) > query.limit else None,
            **standing._asdict(),
        )

    @routes.get("/unread")
    @authority.signed_in
    @operation(tags=TAGS)
    def read_unread() -> models.Standing:
        """How many of one's notifications are not read."""
        return models.Standing(**current().notifications.standing(subject())._asdict())

    @routes.post("/<int:seq>/read")
    @authority.signed_in
    @operation(problems=[NotFound], tags=TAGS)
    def mark_read(seq: int) -> models.Standing:
        """Mark one read. Marked before, it stays as it was."""
        service = current()
        standing = service.notifications.mark(subject(), seq=seq, now=service.now())
        if standing is None:
            raise NotFound
        return announce_mark(standing)

    @routes.post("/read")
    @authority.signed_in
    @operation(tags=TAGS)
    def mark_all_read(body: models.ReadUpTo) -> models.Standing:
        """Mark all up to one read."""
        service = current()
        return announce_mark(
            service.notifications.mark_up_to(subject(), seq=body.up_to, now=service.now())
        )

    return routes
