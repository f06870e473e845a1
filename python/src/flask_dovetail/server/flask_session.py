"""Open Flask's own `session` without work for browsers that sent no such cookie.

Flask builds a signing serializer for every request before it looks for the cookie, which took a
quarter of a guarded read. An app that uses `flask.session` notices no difference; logins are not
stored in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask.sessions import SecureCookieSession, SecureCookieSessionInterface

if TYPE_CHECKING:
    from flask import Flask, Request


class QuickSessionInterface(SecureCookieSessionInterface):
    """Flask's session interface, with a serializer that waits for a cookie to read."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """See `SessionInterface.open_session`."""
        if app.secret_key and self.get_cookie_name(app) not in request.environ.get(
            "HTTP_COOKIE", ""
        ):
            return self.session_class()
        return super().open_session(app, request)


def install(app: Flask) -> None:
    """Replace Flask's default interface, and no other."""
    if type(app.session_interface) is SecureCookieSessionInterface:
        app.session_interface = QuickSessionInterface()
