"""The page's Content Security Policy (CSP Level 3), with the hashes of inline scripts and styles.

Pure: strings in, strings out.
"""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

from ..core.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

EXTRA_KEY = "DOVETAIL_DELIVERY_CSP_EXTRA"
BASELINE = "object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
"""For answers other than the page that set no policy themselves (ASVS 5.0, 3.4.3 and 3.4.6)."""

_EXTENSIBLE = (
    "child-src",
    "connect-src",
    "font-src",
    "form-action",
    "frame-src",
    "img-src",
    "manifest-src",
    "media-src",
    "script-src",
    "style-src",
    "worker-src",
)
_REFUSED = {"'unsafe-inline'", "'unsafe-eval'", "*", "http:", "https:", "data:"}
_SOURCE = re.compile(r"[^\s;,]+")

Sources = tuple[tuple[str, tuple[str, ...]], ...]


def parse_extra(values: Iterable[str]) -> Sources:
    """Parse `["img-src https://images.example.com"]` into directives and their sources.

    Raises:
        ConfigurationError: the directive cannot be extended, or the source would undo the policy.
    """
    return tuple(_directive(value) for value in values)


def page_policy(
    html: str,
    *,
    connect_src: Iterable[str],
    file_origins: Collection[str] = (),
    extra: Sources = (),
    trusted_types: bool = True,
) -> str:
    """Return the policy for one HTML file.

    Args:
        file_origins: the origins for sending files, and for showing pictures, sounds and films.
    """
    scripts, styles = _inline(html)
    directives = {
        "default-src": ["'self'"],
        "script-src": ["'self'", *scripts],
        "style-src": ["'self'", *styles],
        "img-src": ["'self'", "data:", "blob:", *file_origins],
        "media-src": ["'self'", "blob:", *file_origins],
        "font-src": ["'self'"],
        "connect-src": ["'self'", *connect_src, *file_origins],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
        "form-action": ["'self'"],
    }
    for name, sources in extra:
        directives.setdefault(name, ["'self'"]).extend(sources)
    if trusted_types:
        directives["require-trusted-types-for"] = ["'script'"]
    return "; ".join(f"{name} {' '.join(dict.fromkeys(of))}" for name, of in directives.items())


def _directive(value: str) -> tuple[str, tuple[str, ...]]:
    name, *sources = value.split() or [""]
    if name not in _EXTENSIBLE or not sources:
        raise ConfigurationError(
            f"{EXTRA_KEY}: {value!r} names no directive that can be extended.",
            key=EXTRA_KEY,
            cure=f"Give '<directive> <source> …' with one of {', '.join(_EXTENSIBLE)}.",
        )
    for source in sources:
        executes = name in ("script-src", "worker-src", "child-src", "frame-src")
        if not _SOURCE.fullmatch(source) or (executes and source in _REFUSED):
            raise ConfigurationError(
                f"{EXTRA_KEY}: {source!r} in {name} would let injected code run.",
                key=EXTRA_KEY,
                cure="Name the exact origins. Inline scripts of index.html are allowed by their "
                "hash without being listed.",
            )
    return name, tuple(sources)


def _inline(html: str) -> tuple[list[str], list[str]]:
    parser = _Inline()
    # A browser reads every line ending as \n before it hashes (HTML 13.2.3.5).
    parser.feed(html.replace("\r\n", "\n").replace("\r", "\n"))
    parser.close()
    return parser.hashes["script"], parser.hashes["style"]


class _Inline(HTMLParser):
    """Collect the hash source of every inline `<script>` and `<style>`."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.hashes: dict[str, list[str]] = {"script": [], "style": []}
        self._open: str | None = None
        self._text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self.hashes and "src" not in dict(attrs):
            self._open, self._text = tag, ""

    def handle_data(self, data: str) -> None:
        self._text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == self._open:
            digest = hashlib.sha256(self._text.encode()).digest()
            self.hashes[tag].append(f"'sha256-{base64.b64encode(digest).decode()}'")
            self._open = None
