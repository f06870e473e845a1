"""Identities, logins and credentials, and the questions that features may ask about them."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, Protocol, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, StringConstraints

from .errors import DeclarationError


@dataclass(frozen=True, slots=True)
class Identity:
    """The application's answer about one account.

    Args:
        subject: its stable id, never shown to others and never used again (1 to 255 characters).
        roles: the roles of the account; a guard needs one of those it names.
        scopes: the permissions of the account; a guard needs all of those it names.
        user: an object of the application's, for its own views. Never sent, never logged.
    """

    subject: str
    roles: Collection[str] = ()
    scopes: Collection[str] = ()
    user: Any = None

    def __post_init__(self) -> None:
        if not isinstance(self.subject, str) or not 1 <= len(self.subject) <= 255:
            raise DeclarationError(
                "Identity(subject=) takes a string of 1 to 255 characters: write str(user.id)."
            )
        if isinstance(self.roles, str) or isinstance(self.scopes, str):
            raise DeclarationError(
                "Identity(roles=, scopes=) take a collection, and one string is a collection of "
                'letters: write ("staff",).'
            )


class Login(NamedTuple):
    """One login, as it is stored. Times are Unix seconds.

    Attributes:
        id: names the login to its owner; not a secret.
        subject: the person that it belongs to.
        created_at: when it began.
        last_seen_at: the last request, to within `DOVETAIL_AUTH_TOUCH_SECONDS`; of a token login,
            the last rotation.
        expires_at: when it ends, however busy.
        user_agent: of the browser that signed in; at most 256 characters.
        address: from which it signed in.
        strategy: the credential that it gave the browser: a session id, or tokens. "other": none,
            since it is no login of Dovetail's but a credential of the app's (`SecurityScheme`).
    """

    id: str
    subject: str
    created_at: int
    last_seen_at: int
    expires_at: int
    user_agent: str
    address: str
    strategy: Literal["session", "token", "other"] = "session"


@dataclass(frozen=True, slots=True)
class SecurityScheme:
    """A credential of the app's own, which signs people in beside Dovetail's logins.

    Make one by `header`, `cookie` or `http`, as in OpenAPI's security schemes. `identify` is given
    the credential, once per request that asks who it is from, and returns whose it is; None:
    nobody's.
    """

    location: Literal["header", "cookie", "http"]
    name: str
    identify: Callable[[str], Identity | None] = field(repr=False)
    description: str = ""

    def __post_init__(self) -> None:
        fault = None
        if not _TOKEN.fullmatch(self.name):
            fault = "which can be no name"
        elif self.location == "header" and _is_sent_by_others(self.name):
            fault = "a header that browsers or proxies send by themselves"
        elif not callable(self.identify):
            fault = "without a function that says whose it is"
        if fault is not None:
            raise DeclarationError(
                f"SecurityScheme.{self.location}({self.name!r}): {fault}.\n"
                f"  key:  SecurityScheme.{self.location}\n"
                '  cure: write SecurityScheme.header("X-API-Key", find_by_key), '
                ".cookie(name, …) or .http(scheme, …)."
            )

    @classmethod
    def header(
        cls, name: str, identify: Callable[[str], Identity | None], *, description: str = ""
    ) -> SecurityScheme:
        """Take the value of a header that only your clients send, such as `X-API-Key`."""
        return cls("header", name, identify, description)

    @classmethod
    def cookie(
        cls, name: str, identify: Callable[[str], Identity | None], *, description: str = ""
    ) -> SecurityScheme:
        """Take the value of a cookie. What changes something then needs the CSRF token."""
        return cls("cookie", name, identify, description)

    @classmethod
    def http(
        cls, scheme: str, identify: Callable[[str], Identity | None], *, description: str = ""
    ) -> SecurityScheme:
        """Take what follows `scheme` in `Authorization` (RFC 9110 section 11.6.2).

        For "basic" it is decoded: `user:password` (RFC 7617).
        """
        return cls("http", scheme.lower(), identify, description)

    @property
    def is_ambient(self) -> bool:
        """Whether browsers attach it by themselves, so that another site's page can use it."""
        return self.location == "cookie" or (
            self.location == "http" and self.name in ("basic", "digest", "negotiate", "ntlm")
        )


def _is_sent_by_others(header: str) -> bool:
    """Return whether a request may have `header` without a preflight, or from a proxy.

    These are Fetch's CORS-safelisted and forbidden request headers, and `Authorization`, which has
    schemes.
    """
    lower = header.lower()
    prefixes = ("access-control-", "proxy-", "sec-", "x-forwarded-")
    return lower in _SENT_BY_OTHERS or lower.startswith(prefixes)


class Credential(NamedTuple):
    """The proof that one request brought, held for longer than the request: by open sockets.

    Attributes:
        login: as the request knew it.
        scopes: those of the access token; None: by the session cookie, which narrows nothing.
        expires_at: when the access token expires, Unix seconds; None: by the session cookie.
    """

    login: Login
    scopes: frozenset[str] | None = None
    expires_at: int | None = None


def is_scope(text: str) -> bool:
    """Return whether tokens and challenges can carry `text` as one scope (RFC 6749 section 3.3)."""
    return _SCOPE.fullmatch(text) is not None


def narrow_scopes(identity: Identity, scopes: frozenset[str]) -> Identity:
    """Return `identity` with only those of its scopes that are among `scopes`."""
    if scopes.issuperset(identity.scopes):
        return identity
    return replace(identity, scopes=scopes.intersection(identity.scopes))


_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")  # RFC 9110 section 5.6.2
_SENT_BY_OTHERS = frozenset(
    (
        "accept",
        "accept-charset",
        "accept-encoding",
        "accept-language",
        "authorization",
        "connection",
        "content-language",
        "content-length",
        "content-type",
        "cookie",
        "cookie2",
        "date",
        "dnt",
        "expect",
        "forwarded",
        "host",
        "keep-alive",
        "origin",
        "range",
        "referer",
        "set-cookie",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "user-agent",
        "via",
        "x-real-ip",
    )
)

_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")

# A pattern and not a function, so that the contract documents what is enforced.
_LINE = r"[^\x00-\x1f\x7f-\x9f]"


def _without_nul(value: SecretStr) -> SecretStr:
    if "\0" in value.get_secret_value():
        raise ValueError("must not contain NUL")
    return value


class Credentials(BaseModel):
    """What `POST /auth/login` takes and `authenticate` is given.

    `email` is trimmed but not otherwise changed, nor checked for the form of an address: an unknown
    one is answered like a wrong password. NUL is refused in both, since databases and password
    hashes disagree about it.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid", frozen=True)

    email: Annotated[
        str,
        StringConstraints(max_length=254, pattern=rf"^{_LINE}*[^\s\x00-\x1f\x7f-\x9f]{_LINE}*$"),
        AfterValidator(str.strip),
    ]
    password: Annotated[
        SecretStr,
        Field(min_length=1, max_length=1024, json_schema_extra={"pattern": r"^[^\x00]*$"}),
        AfterValidator(_without_nul),
    ]


Authenticate: TypeAlias = Callable[[Credentials], Identity | None]
"""Checks a password. None refuses the login with INVALID_CREDENTIALS.

Answer in the same time whether the account exists or not: where it does not, verify the password
against a hash made for that purpose, with the same parameters, and throw the result away. Dovetail
counts the attempts before it asks.
"""

LoadIdentity: TypeAlias = Callable[[str], Identity | None]
"""Gives a subject's identity, once per request that asks. None (disabled, gone) ends the login."""


class Authority(Protocol):
    """Answers "who is this?" for every feature that asks.

    Every method needs an app context; `current_*`, `capture` and `restore` need a request.
    """

    def signed_in(self, view: Any = None, /, **demands: Any) -> Any:
        """Guard a view: `flask_dovetail.signed_in`."""
        ...

    def csrf_exempt(self, view: Any, /) -> Any:
        """Take a view out of the Origin and CSRF checks: `flask_dovetail.csrf_exempt`."""
        ...

    def current_login(self) -> Login | None:
        """Return the login of the request, or None."""
        ...

    def current_identity(self) -> Identity | None:
        """Return the identity that the request is from, or None."""
        ...

    def load_identity(self, subject: str) -> Identity | None:
        """Return the present identity of `subject`; None for a disabled or deleted account."""
        ...

    def login_lives(self, subject: str, login_id: str) -> bool:
        """Return whether nobody has ended that login. Reads the store once."""
        ...

    def live_logins(self, logins: Collection[Login]) -> set[str]:
        """Return the ids of those that nobody and no limit has ended. One or two reads in all."""
        ...

    def capture(self) -> Credential:
        """Return the credential of the request.

        Raises:
            Problem: it is not good, or its login has been ended.
        """
        ...

    def restore(self, credential: Credential) -> None:
        """Make the owner of `credential` the caller of the current request.

        Raises:
            Problem: its time is over, or the application no longer knows the person.
        """
        ...

    def is_expired(self, credential: Credential) -> bool:
        """Return whether the access token of `credential` has expired."""
        ...

    def origin_is_allowed(self, origin: str | None, fetch_site: str | None) -> bool:
        """Return whether an unsafe request, or a socket, may come from that origin."""
        ...
