"""The signals that an application may listen to (Blinker, like Flask's own)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from blinker import Namespace

from .log import log

if TYPE_CHECKING:
    from blinker import NamedSignal
    from flask import Flask

    from ..core.identity import Login

refresh_reused: NamedSignal = Namespace().signal(
    "flask-dovetail.refresh-reused",
    doc="A replaced refresh token came back after the grace window: it was stolen, or a backup of "
    "a browser was restored. Sent by the app, with `login`, after that login has been ended.",
)


def send_refresh_reused(app: Flask, login: Login) -> None:
    """Log the event and call each receiver.

    An exception of a receiver is logged, and changes nothing.
    """
    log.warning("refresh token reused", extra={"subject": login.subject, "login": login.id})
    for receiver in refresh_reused.receivers_for(app):
        try:
            receiver(app, login=login)
        except Exception:  # the application's own code: the answer must not depend on it
            log.exception("a receiver of refresh_reused failed")
