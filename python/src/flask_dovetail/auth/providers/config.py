"""The settings of outside providers: `DOVETAIL_AUTH_PROVIDERS`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any
from urllib.parse import urlsplit

from ...core import settings
from ...core.errors import ConfigurationError, MissingExtraError
from ...core.identity import is_scope
from ...core.settings import setting
from ...topology import Origin

KEY = "DOVETAIL_AUTH_PROVIDERS"
SIGN_IN_PATH = "DOVETAIL_AUTH_SIGN_IN_PATH"
_NAME = re.compile(r"[a-z][a-z0-9-]{0,31}")
_PATH = re.compile(r"/(?![/\\])[!-~]*")
_PLAIN = re.compile(r"[ -~]+")
_SHARED = frozenset({"client_id", "client_secret", "title", "scopes"})
_OIDC = frozenset({"issuer"})
_OAUTH2 = frozenset({"authorize_url", "token_url", "userinfo_url", "subject_field"})


@dataclass(frozen=True)
class ProviderSettings:
    """The outside providers, and the frontend's sign-in page."""

    providers: Mapping[str, Any] | None = setting(
        KEY,
        default=None,
        doc="Outside providers by name: `{issuer, client_id, client_secret, title, scopes}` for "
        "OpenID Connect; JSON in an environment variable. Needs the extra `oidc`.",
    )
    sign_in_path: str = setting(
        SIGN_IN_PATH,
        default="/sign-in",
        doc="The frontend's sign-in page, to which a failed outside sign-in comes back.",
    )

    exchanges_max: int = setting(
        "DOVETAIL_AUTH_PROVIDERS_EXCHANGES_MAX",
        within=(1, 10_000),
        default=16,
        doc="Outside sign-ins for which one process waits for a provider at the same time; each "
        "holds a thread, for half a minute at most where a provider hangs. As many more wait for "
        "their turn, for 2 seconds. One address takes half of the places at most, and fewer the "
        "more others have.",
        unit="sign-ins",
        beyond="`SERVICE_UNAVAILABLE` on the sign-in page",
    )

    def __post_init__(self) -> None:
        if not _PATH.fullmatch(self.sign_in_path) or {"?", "#"} & set(self.sign_in_path):
            raise ConfigurationError(
                f"{self.sign_in_path!r} is no path of the frontend.",
                key=SIGN_IN_PATH,
                cure="Write it as /sign-in: no origin, query or fragment.",
            )


@dataclass(frozen=True)
class Endpoints:
    """The endpoints of a plain OAuth 2 provider, and the member of its userinfo that is the id."""

    authorize_url: str
    token_url: str
    userinfo_url: str
    subject_field: str


@dataclass(frozen=True)
class Provider:
    """One provider, checked.

    Attributes:
        issuer: identities are stored under it; for plain OAuth 2, the `userinfo_url`.
        endpoints: None for OpenID Connect, where discovery gives them.
    """

    name: str
    title: str
    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    scopes: tuple[str, ...]
    endpoints: Endpoints | None


def read(config: Mapping[str, Any]) -> tuple[ProviderSettings, tuple[Provider, ...]]:
    """Return the settings, and the providers in the order in which they are written.

    Raises:
        ConfigurationError: a provider cannot be safe or cannot work.
        MissingExtraError: the extra `oidc` is not installed.
    """
    read_settings = settings.read(ProviderSettings, config)
    providers = tuple(
        _provider(name, given) for name, given in (read_settings.providers or {}).items()
    )
    if providers and (find_spec("authlib") is None or find_spec("requests") is None):
        raise MissingExtraError(KEY, extra="oidc")
    return read_settings, providers


def is_safe_url(url: object) -> bool:
    """Return whether secrets may be sent to `url`: https, or http to this machine, no fragment."""
    if not isinstance(url, str) or not _PLAIN.fullmatch(url) or " " in url or "\\" in url:
        return False
    try:
        parts = urlsplit(url)
        origin = Origin.parse(f"{parts.scheme}://{parts.netloc}", key=KEY)
    except (ValueError, ConfigurationError):
        return False
    return (origin.secure or origin.is_loopback) and "#" not in url


def _provider(name: Any, given: Any) -> Provider:
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ConfigurationError(
            f"{KEY} has a provider named {name!r}.",
            key=KEY,
            cure="A name is part of an address: a to z, then at most 31 of a to z, 0 to 9 and '-'.",
        )
    if not isinstance(given, Mapping):
        raise _refusal(name, "", f"is a {type(given).__name__}", "Give a mapping with its members.")
    oidc = "issuer" in given
    own = _OIDC if oidc else _OAUTH2
    for member in given:
        if member not in own | _SHARED:
            raise _refusal(
                name,
                f".{member}",
                "is not known",
                f"Known are {', '.join(sorted(own | _SHARED))}. With issuer it is OpenID Connect; "
                f"with {', '.join(sorted(_OAUTH2))} it is plain OAuth 2.",
            )
    endpoints = None
    if not oidc:
        endpoints = Endpoints(
            authorize_url=_url(name, given, "authorize_url"),
            token_url=_url(name, given, "token_url"),
            userinfo_url=_url(name, given, "userinfo_url"),
            subject_field=_text(name, given, "subject_field"),
        )
    issuer = _url(name, given, "issuer") if endpoints is None else endpoints.userinfo_url
    if oidc and "?" in issuer:
        raise _refusal(name, ".issuer", "has a query", "Copy it from the provider's documentation.")
    return Provider(
        name=name,
        title=_text(name, given, "title") if "title" in given else name.capitalize(),
        issuer=issuer,
        client_id=_text(name, given, "client_id"),
        client_secret=_text(name, given, "client_secret"),
        scopes=_scopes(name, given, ("openid", "email", "profile") if oidc else ()),
        endpoints=endpoints,
    )


def _text(name: str, given: Mapping[str, Any], member: str) -> str:
    value = given.get(member)
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)  # an environment that reads 123 as a number
    printable = isinstance(value, str) and value.isprintable() and value.strip() == value != ""
    if not printable or (member != "title" and not _PLAIN.fullmatch(str(value))):
        raise _refusal(name, f".{member}", "is missing or no line of text", "Give a string.")
    return str(value)


def _url(name: str, given: Mapping[str, Any], member: str) -> str:
    url = _text(name, given, member)
    if len(url) > 255 or not is_safe_url(url):
        raise _refusal(
            name,
            f".{member}",
            "is no https address",
            "Write https://… in at most 255 characters, without user name or fragment; http is "
            "for localhost.",
        )
    return url


def _scopes(name: str, given: Mapping[str, Any], default: tuple[str, ...]) -> tuple[str, ...]:
    value = given.get("scopes", default)
    if isinstance(value, str):
        value = value.replace(",", " ").split()
    fits = isinstance(value, (list, tuple)) and all(
        isinstance(scope, str) and is_scope(scope) for scope in value
    )
    if not fits:
        raise _refusal(name, ".scopes", "is no list of scopes", 'Write ["openid", "email"].')
    if "issuer" in given and "openid" not in value:
        raise _refusal(name, ".scopes", "lacks openid", "OpenID Connect says nothing without it.")
    return tuple(value)


def _refusal(name: str, member: str, fact: str, cure: str) -> ConfigurationError:
    key = f"{KEY}[{name!r}]{member}"
    return ConfigurationError(f"{key} {fact}.", key=key, cure=cure)
