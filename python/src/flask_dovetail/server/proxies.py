"""Find the client behind proxies: `X-Forwarded-*` is believed from trusted peers only.

The walk goes from the peer outwards: if an address is a trusted proxy, the address that it reports
is next; the first untrusted one is the client. A client's own entries in the header lie further out
and are never reached. RFC 7239 `Forwarded` is not read: two headers that say the same thing are a
way to smuggle one of them past a proxy that only sets the other.
"""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment
    from flask import Flask

    from ..topology import Topology, TrustedProxies

_HOST = re.compile(r"([A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(:[0-9]{1,5})?")
_WITH_PORT = re.compile(r"\[([^\]]*)\](?::[0-9]+)?|([0-9.]+):[0-9]+")
_PREFIX = re.compile(r"(?:/(?!\.{1,2}(?:/|$))[A-Za-z0-9._~-]+){1,16}")
_SCHEMES = {"http": "http", "https": "https", "ws": "http", "wss": "https"}


def init_app(app: Flask, topology: Topology) -> None:
    """Wrap `app` if proxies are declared; otherwise nothing reads the headers anyway."""
    if topology.trusted_proxies:
        app.wsgi_app = wrap(  # type: ignore[assignment, method-assign]
            app.wsgi_app, topology.trusted_proxies
        )


def wrap(inner: WSGIApplication, proxies: TrustedProxies) -> WSGIApplication:
    """Wrap a WSGI app: set `REMOTE_ADDR`, `wsgi.url_scheme`, `HTTP_HOST` and `SCRIPT_NAME`.

    Every `X-Forwarded-*`, `Forwarded` and `X-Real-IP` is then removed: the values that the app can
    still read are true, and nothing behind this line can be misled.
    """

    @lru_cache(maxsize=1024)
    def client_of(peer: str, forwarded_for: str) -> tuple[str, int] | None:
        return _walk(peer, forwarded_for, proxies.trusts) if proxies.trusts(peer) else None

    not_cached = client_of.__wrapped__  # otherwise long headers of strangers fill the memory

    def proxied(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        forwarded_for = environ.get("HTTP_X_FORWARDED_FOR", "")
        find = client_of if len(forwarded_for) <= _MOST_CACHED else not_cached
        client = find(environ.get("REMOTE_ADDR", ""), forwarded_for)
        if client is not None:
            _apply(environ, *client)
        for name in [key for key in environ if key.startswith(_HEADERS)]:
            del environ[name]
        return inner(environ, start_response)

    return proxied


_MOST_CACHED = 512
_PREFIX_CHARS = 128
_HEADERS = ("HTTP_X_FORWARDED", "HTTP_FORWARDED", "HTTP_X_REAL_IP")


def _walk(peer: str, forwarded_for: str, trusts: Callable[[str], bool]) -> tuple[str, int]:
    """Return the client's address, and the number of trusted proxies that it came through."""
    client, hops = peer, 1
    for entry in reversed(forwarded_for.split(",")):
        address = _parse_address(entry.strip())
        if address is None:
            break  # "unknown", or invalid: the last known address stays
        client = address
        if not trusts(address):
            break
        hops += 1
    return client, hops


def _apply(environ: WSGIEnvironment, client: str, hops: int) -> None:
    if client != environ.get("REMOTE_ADDR"):
        environ["REMOTE_ADDR"] = client
        environ.pop("REMOTE_PORT", None)
    scheme = _SCHEMES.get(_read_entry(environ, "HTTP_X_FORWARDED_PROTO", hops).lower())
    if scheme:
        environ["wsgi.url_scheme"] = scheme
    host = _read_entry(environ, "HTTP_X_FORWARDED_HOST", hops)
    if _HOST.fullmatch(host):
        environ["HTTP_HOST"] = host
    if "HTTP_X_FORWARDED_PREFIX" in environ:
        environ["SCRIPT_NAME"] = _read_prefix(environ, hops) + environ.get("SCRIPT_NAME", "")


def _read_entry(environ: WSGIEnvironment, header: str, hops: int) -> str:
    """Return the entry of the outermost trusted proxy, whether the inner ones append or pass on."""
    values = environ.get(header, "").split(",")
    return str(values[-min(hops, len(values))]).strip()


def _read_prefix(environ: WSGIEnvironment, hops: int) -> str:
    """Return the path that the proxies have taken off: each that appends one took it off later.

    A path that is no plain one counts as absent: `//host` and `/..` would lead elsewhere.
    """
    values = str(environ["HTTP_X_FORWARDED_PREFIX"]).split(",")
    prefix = "".join(value.strip().rstrip("/") for value in values[-hops:])
    return prefix if len(prefix) <= _PREFIX_CHARS and _PREFIX.fullmatch(prefix) else ""


def _parse_address(entry: str) -> str | None:
    """Return an address without the port or brackets that some proxies add; IPv4 always as IPv4."""
    match = _WITH_PORT.fullmatch(entry)
    text = (match[1] or match[2]) if match else entry
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address):
        if address.scope_id is not None:
            return None  # a zone of another machine means nothing here
        return str(address.ipv4_mapped or address)
    return str(address)
