"""Origins (RFC 6454): parsed as a browser would serialise them, or refused with the cure.

The allow-lists compare strings, so a parsed origin has to equal, byte for byte, the one that a
browser sends in `Origin`: lower case, default port dropped, IDN as A-labels, IPv6 compressed.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

from ..core.errors import ConfigurationError

_SHAPE = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://([^/?#\\]*)(.*)", re.DOTALL)
_AUTHORITY = re.compile(r"(\[[^\]]*\]|[^:\[\]]*)(?::([0-9]{1,5}))?")
_HOST = re.compile(r"[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*")
_NUMERIC_END = re.compile(r"(.*\.)?([0-9]+|0x[0-9a-f]*)")
_DEFAULT_PORTS = {"http": 80, "https": 443}
_EXAMPLE = "https://app.example.com"
# IDNA 2003 (Python) and UTS 46 (browsers) differ in these (RFC 5894 7.2).
_DEVIATIONS = frozenset("ßẞς\u200c\u200d")


@dataclass(frozen=True, order=True)
class Origin:
    """Scheme, host and port; `str()` is the form that browsers send.

    Attributes:
        scheme: "http" or "https".
        host: lower-case A-labels, or an IP address (IPv6 without brackets).
        port: always a number, the default one included.
    """

    scheme: str
    host: str
    port: int

    @classmethod
    def parse(cls, text: str, *, key: str) -> Origin:
        """Parse the origin in `text`.

        Args:
            text: `scheme://host[:port]`, in any case, Unicode host allowed.
            key: the configuration key to quote in a refusal.

        Raises:
            ConfigurationError: wildcard, `null`, path, query, userinfo, or no http(s) origin.
        """
        if text == "null":
            raise ConfigurationError(
                f"{key} contains 'null', which any sandboxed frame or local file can send.",
                key=key,
                cure=f"Serve the frontend from an origin of its own, such as {_EXAMPLE}.",
            )
        if "@" in text:  # not quoted: it may hold a password
            raise _refused(key, "a value with '@'", "Leave out user name and password")
        if "*" in text:
            raise ConfigurationError(
                f"{key} contains the wildcard {text!r}: each match could act for the user.",
                key=key,
                cure=f"List every origin exactly: {_EXAMPLE}, https://admin.example.com.",
            )
        match = _SHAPE.fullmatch(text)
        if not match:
            raise _refused(key, f"{text!r}, which is no origin", "Write scheme://host[:port]")
        scheme, authority, rest = match[1].lower(), match[2], match[3]
        if scheme not in _DEFAULT_PORTS:
            raise _refused(key, f"an origin of scheme {scheme!r}", "Use https, or http locally")
        if rest:
            raise _refused(
                key,
                f"{scheme}://{authority} with a path, query or trailing slash",
                f"An origin ends after host and port: write {scheme}://{authority}",
            )
        host, port = _split(authority, scheme, key)
        return cls(scheme, host, port)

    @property
    def secure(self) -> bool:
        """Whether it is https."""
        return self.scheme == "https"

    @property
    def is_address(self) -> bool:
        """Whether the host is an IP address."""
        return is_address(self.host)

    @property
    def is_loopback(self) -> bool:
        """Whether the host can only be this machine (RFC 6761 section 6.3, RFC 1122 3.2.1.3)."""
        return is_loopback(self.host)

    @property
    def authority(self) -> str:
        """`host[:port]`, as in the `Host` header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}"


def is_loopback(host: str) -> bool:
    """Return whether a host in lower case, without brackets, can only be this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def is_address(host: str) -> bool:
    """Return whether a parsed host is an IP address."""
    return ":" in host or _NUMERIC_END.fullmatch(host) is not None


def parse_host(text: str, *, key: str) -> str:
    """Return a host as browsers serialise it.

    Raises:
        ConfigurationError: it is neither a host name nor an IP address.
    """
    if text.startswith("["):
        return _ipv6(text, key)
    host = _ascii(text, key).lower()
    if host.endswith("."):
        raise _refused(
            key, f"the host {text!r} with a trailing dot, another origin", "Leave the dot out"
        )
    if len(host) > 253 or not _HOST.fullmatch(host):
        raise _refused(key, f"{text!r}, which is no host name", "Write a host name or IP address")
    if _NUMERIC_END.fullmatch(host):
        try:
            return str(ipaddress.IPv4Address(host))
        except ValueError:
            raise _refused(
                key, f"{text!r}, which is no IPv4 address", "Write four decimal numbers"
            ) from None
    return host


def _split(authority: str, scheme: str, key: str) -> tuple[str, int]:
    match = _AUTHORITY.fullmatch(authority)
    if not match:
        raise _refused(key, f"{authority!r}, which is no host[:port]", f"Write {_EXAMPLE}:8443")
    port = int(match[2]) if match[2] else _DEFAULT_PORTS[scheme]
    if not 1 <= port <= 65535:
        raise _refused(key, f"port {port}", "Use a port from 1 to 65535")
    return parse_host(match[1], key=key), port


def _ipv6(text: str, key: str) -> str:
    try:
        address = ipaddress.IPv6Address(text[1:-1])
    except ValueError:
        address = None
    if address is None or address.scope_id is not None:
        raise _refused(
            key, f"{text!r}, which is no IPv6 address", "Write it as [2001:db8::1], without a zone"
        )
    mapped = address.ipv4_mapped
    if mapped is not None:  # Python 3.13 would print the dotted form, browsers do not
        return f"::ffff:{int(mapped) >> 16:x}:{int(mapped) & 0xFFFF:x}"
    return address.compressed


def _ascii(text: str, key: str) -> str:
    if text.isascii():
        return text
    try:
        if _DEVIATIONS.isdisjoint(text):
            return text.encode("idna").decode("ascii")
    except UnicodeError:
        pass
    raise _refused(
        key,
        f"the host {text!r}, whose ASCII form is not certain",
        "Write the form that location.origin shows in a browser, with xn--",
    )


def _refused(key: str, what: str, cure: str) -> ConfigurationError:
    return ConfigurationError(f"{key} contains {what}.", key=key, cure=f"{cure}.")
