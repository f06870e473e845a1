"""The names of files: which are taken, and how an answer tells one to the browser (RFC 6266)."""

from __future__ import annotations

import unicodedata
from typing import Literal
from urllib.parse import quote

from ...text import has_ink, is_plain, without_invisible

MAX_CHARACTERS = 255
_MOST_READ = 4 * MAX_CHARACTERS  # normalising a run of combining marks takes quadratic time

# Control characters, surrogates that have lost their other half, line and paragraph separators.
_REFUSED_CATEGORIES = frozenset(("Cc", "Cs", "Zl", "Zp"))
# A folder's separators, and what turns the direction of text: it shows "exe.jpg" for "gpj.exe".
_REFUSED = frozenset("/\\\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_PLAIN = frozenset(map(chr, range(0x20, 0x7F))) - frozenset('"%/\\')
_ATTR_CHAR = "!#$&+-.^_`|~"  # besides letters and digits: RFC 8187, 3.2.1


def clean(name: str) -> str | None:
    """The name in its composed form (NFC), or None where it is no name for a file.

    1 to 255 characters of any script; not blank, not `.` or `..`, and without control characters,
    `/`, `\\`, what overrides the direction of text and marks piled on a letter. Invisible
    characters are left out: nobody chose them, and two names would look alike.
    """
    if len(name) > _MOST_READ:
        return None
    name = without_invisible(name)
    if not is_plain(name):
        return None
    name = unicodedata.normalize("NFC", name)
    if len(name) > MAX_CHARACTERS or name.strip() in ("", ".", ".."):
        return None
    if not has_ink(name):
        return None
    for character in name:
        if character in _REFUSED or unicodedata.category(character) in _REFUSED_CATEGORIES:
            return None
    return name


def disposition(kind: Literal["inline", "attachment"], name: str) -> str:
    """A Content-Disposition that says any name, and nothing else whatever the name is.

    Plain ASCII is said as it is. Everything else goes as UTF-8 (RFC 8187), with an ASCII form
    before it for what reads no more than that.
    """
    plain = _ascii(name)
    value = f'{kind}; filename="{plain}"'
    if plain == name:
        return value
    encoded = quote(name, safe=_ATTR_CHAR, encoding="utf-8", errors="replace")
    return f"{value}; filename*=UTF-8''{encoded}"


def _ascii(name: str) -> str:
    letters = []
    for character in name:
        base = unicodedata.normalize("NFKD", character)[0]
        letters.append(base if base in _PLAIN else "_")
    return "".join(letters)
