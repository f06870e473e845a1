"""What the tests of an app need: settings, and a client that signs people in.

    from flask_dovetail.testing import TEST_SETTINGS, DovetailClient

    app = create_app(TEST_SETTINGS)
    client = DovetailClient(app)
    client.sign_in("1")
    assert client.post("/api/notes", json={"text": "joined"}).status_code == 201

Nothing in the app is switched off for it: guards, the Origin check and the CSRF check are those of
production. `docs/testing.md` is the guide.
"""

from __future__ import annotations

import secrets
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from flask.testing import FlaskClient
from werkzeug.exceptions import HTTPException

from .auth import current_login
from .auth.authority import Auth
from .auth.logins.rules import is_secret
from .auth.request.identities import check_identity
from .auth.request.rules import csrf_token
from .auth.sign_in import session
from .auth.sign_in.proof import begin_proved
from .contract.security import SAFE_METHODS
from .core import own_routes, state, wire
from .core.errors import DovetailError
from .core.secret_keys import TEST_KEY
from .storage.database import Database

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask import Flask
    from werkzeug.test import Cookie, TestResponse
    from werkzeug.wrappers import Response

    from .core.identity import Identity, Login
    from .topology import CookieAttributes

TEST_SETTINGS: Mapping[str, Any] = MappingProxyType(
    {
        "TESTING": True,
        "SECRET_KEY": TEST_KEY,
        "DOVETAIL_DATABASE_URL": "sqlite://",
        "DOVETAIL_LOGS_FORMAT": "off",
        "DOVETAIL_AUTH_LOGIN_LIMIT_PER_ACCOUNT": "100000/minute",
        "DOVETAIL_AUTH_LOGIN_LIMIT_PER_ADDRESS": "100000/minute",
    }
)
"""Configuration for an app under test, to be set before `init_app`.

`TESTING` turns on the strict checks of answers. Dovetail's rows are in memory, in a database of
each app's own that is migrated by itself (not read with `Dovetail(engine=...)`). All tests come
from one address, so attempts to sign in are hardly limited.
"""


class DovetailClient(FlaskClient):
    """A test client that sends what a page with the browser package sends.

    That is the CSRF token, or the access token and `X-Requested-With`, with each request that wants
    them and has no such header of its own. For all clients of an app:
    `app.test_client_class = DovetailClient`.

    Attributes:
        access_token: in the token strategy, of the last sign-in or refresh; None if there is none.
    """

    access_token: str | None = None

    def __init__(
        self,
        application: Flask,
        response_wrapper: type[Response] | None = None,
        use_cookies: bool = True,
        **options: Any,
    ) -> None:
        wrapper = response_wrapper or application.response_class
        super().__init__(application, wrapper, use_cookies, **options)
        self._keeps_cookies = use_cookies

    def sign_in(self, who: Identity | str, *, base_url: str | None = None) -> Login:
        """Sign somebody in, without a password, by a login like any other, and return it.

        `authenticate` is not asked, and no limit counts it. A login that this client had ends.

        Args:
            who: the identity, or its subject, for which `load_identity` is asked.
            base_url: where the client's requests go, if not to `http://localhost`; the cookies are
                for that host.

        Raises:
            DovetailError: the app has nobody who signs in, or `load_identity` returns None; or
                `init_app` was called before `TESTING` was set, so that the login would be written
                to the database that is no test's.
        """
        auth = self._require_auth()
        self._require_test_database()
        context = self.application.test_request_context(
            base_url=base_url, environ_base=self.environ_base
        )
        place = _Place.of(context.request.environ)
        context.request.environ["HTTP_COOKIE"] = self._cookies_of(auth, place)
        with context:
            identity = self._identify(auth, who)
            if auth.issues_tokens:
                from .auth.sign_in import token_grant

                grant = begin_proved(lambda: identity, token_grant.begin)
                self.access_token = grant.access_token
            else:
                begin_proved(lambda: identity, session.begin)
            login = current_login()
            assert login is not None
            answer = self.application.response_class()
            for carry in context._after_request_functions:
                answer = carry(answer)  # type: ignore[assignment]  # ours are not async
        for header in answer.headers.getlist("Set-Cookie"):
            name, _, value = header.partition(";")[0].partition("=")
            self._keep(next(each for each in _cookies(auth) if each.name == name), value, place)
        return login

    def sign_out(self, *, base_url: str | None = None) -> None:
        """Sign out by `POST /auth/logout`, and forget the access token.

        Raises:
            DovetailError: the app has nobody who signs in.
        """
        self._require_auth()
        adapter = self.application.url_map.bind("localhost")
        path = urlsplit(adapter.build(_LOGOUT, method="POST")).path  # wherever the routes are
        answer = self.post(path, base_url=base_url)
        assert answer.status_code == 204, answer.text
        self.access_token = None

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        """See `FlaskClient.open`. An access token of Dovetail's is kept for the next requests."""
        answer = super().open(*args, **kwargs)
        if answer.status_code == 200 and answer.is_json and answer.content_length is not None:
            body = answer.get_json(silent=True)
            token = body if isinstance(body, dict) else {}
            if token.get("token_type") == "Bearer" and self._is_of_dovetail(answer):
                self.access_token = token.get("access_token")
        return answer

    def _is_of_dovetail(self, answer: TestResponse) -> bool:
        """Return whether Dovetail has made that answer; the app may have an issuer of its own."""
        auth = self._auth
        if auth is None or not auth.issues_tokens:
            return False
        adapter = self.application.create_url_adapter(answer.request)  # type: ignore[arg-type]
        try:
            endpoint = "" if adapter is None else adapter.match()[0]
        except HTTPException:
            return False  # a hook has answered what has no route
        return str(endpoint).startswith(own_routes.ENDPOINTS)

    def run_wsgi_app(self, environ: dict[str, Any], buffered: bool = False) -> Any:
        """See `Client.run_wsgi_app`: each request passes here, those of redirects too."""
        auth = self._auth
        if auth is not None and self._keeps_cookies:
            self._add_proof(auth, environ)
        return super().run_wsgi_app(environ, buffered)

    @property
    def _auth(self) -> Auth | None:
        """The authority of the app; None where it has no Dovetail, or nobody who signs in."""
        has_dovetail = state.KEY in self.application.extensions
        return state.find(Auth, self.application) if has_dovetail else None

    def _require_auth(self) -> Auth:
        auth = self._auth
        if auth is None or auth.load_identity is None:
            raise DovetailError(
                f"{self.application.name!r} has nobody who could sign in.\n"
                "  key:  Dovetail(authenticate=..., load_identity=...)\n"
                "  cure: give both, and call init_app, before DovetailClient.sign_in."
            )
        return auth

    def _require_test_database(self) -> None:
        if not state.get(Database, self.application).is_for_tests:
            raise DovetailError(
                f"{self.application.name!r} was not in testing when init_app was called, so this "
                "login would go to its real database.\n"
                "  key:  TESTING, DOVETAIL_DATABASE_URL\n"
                "  cure: app.config.update(TEST_SETTINGS) before init_app; for an app that calls "
                "it at import, move that into a function create_app(settings)."
            )

    def _identify(self, auth: Auth, who: Identity | str) -> Identity:
        if not isinstance(who, str):
            check_identity(who, "DovetailClient.sign_in")
            return who
        assert auth.load_identity is not None
        identity = auth.load_identity(who)
        if identity is None:
            raise DovetailError(
                f"load_identity({who!r}) returned None, so nobody can be signed in as that.\n"
                "  key:  DovetailClient.sign_in\n"
                "  cure: create the account first, and give its subject, not its email; or give "
                "an Identity."
            )
        check_identity(identity, "load_identity")
        return identity

    def _cookies_of(self, auth: Auth, place: _Place) -> str:
        """Return the cookies of a login that this client has, as a header."""
        cookies = [self._find(each, place) for each in _cookies(auth)]
        return "; ".join(f"{each.key}={each.value}" for each in cookies if each is not None)

    def _find(self, cookie: CookieAttributes, place: _Place) -> Cookie | None:
        return self.get_cookie(
            cookie.name, domain=cookie.domain or place.host, path=cookie.path_below(place.root)
        )

    def _keep(self, cookie: CookieAttributes, value: str, place: _Place) -> None:
        self.set_cookie(
            cookie.name,
            value,
            domain=cookie.domain or place.host,
            origin_only=cookie.domain is None,
            path=cookie.path_below(place.root),
        )

    def _add_proof(self, auth: Auth, environ: dict[str, Any]) -> None:
        if self.access_token is not None:
            environ.setdefault("HTTP_AUTHORIZATION", f"Bearer {self.access_token}")
        if environ["REQUEST_METHOD"] in SAFE_METHODS:
            return
        if auth.issues_tokens:
            environ.setdefault(_REQUESTED_WITH, wire.HEADERS["requested_with_value"])
        if _CSRF not in environ:
            environ[_CSRF] = self._csrf_token(auth, _Place.of(environ))

    def _csrf_token(self, auth: Auth, place: _Place) -> str:
        """Return the token of the cookie that goes along; without one, make one as the API does."""
        for kind, cookie in (("sid", auth.cookie), ("csrf", auth.csrf_cookie)):
            kept = self._find(cookie, place)
            if kept is not None and is_secret(kept.value):
                return csrf_token(auth.csrf_keys[0], kind, kept.value)
        seed = secrets.token_urlsafe(32)
        self._keep(auth.csrf_cookie, seed, place)
        return csrf_token(auth.csrf_keys[0], "csrf", seed)


class _Place(NamedTuple):
    """Where a request goes: the host without its port, and the path that the app is below."""

    host: str
    root: str

    @classmethod
    def of(cls, environ: dict[str, Any]) -> _Place:
        """Return the place of a request."""
        host = urlsplit(f"//{environ['HTTP_HOST']}").hostname or "localhost"
        return cls(host, environ.get("SCRIPT_NAME", "").rstrip("/"))


def _cookies(auth: Auth) -> tuple[CookieAttributes, CookieAttributes]:
    """Return the cookies that a login may have."""
    return auth.cookie, auth.refresh_cookie


def _environ_key(header: str) -> str:
    return "HTTP_" + header.upper().replace("-", "_")


_CSRF = _environ_key(wire.HEADERS["csrf"])
_REQUESTED_WITH = _environ_key(wire.HEADERS["requested_with"])
_LOGOUT = "dovetail_auth.logout"
