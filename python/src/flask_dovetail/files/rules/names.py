"""Check the names of files, and write them into Content-Disposition (RFC 6266)."""

from __future__ import annotations

import unicodedata
from typing import Literal
from urllib.parse import quote

from ...text import has_ink, is_plain, without_invisible

MAX_CHARACTERS = 255
_MOST_READ = 4 * MAX_CHARACTERS  # normalising a run of combining marks takes quadratic time

# Control characters, lone surrogates, line and paragraph separators.
_REFUSED_CATEGORIES = frozenset(("Cc", "Cs", "Zl", "Zp"))
# Path separators, and controls of text direction: they show "exe.jpg" for "gpj.exe".
_REFUSED = frozenset("/\\\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_PLAIN = frozenset(map(chr, range(0x20, 0x7F))) - frozenset('"%/\\')
_ATTR_CHAR = "!#$&+-.^_`|~"  # besides letters and digits: RFC 8187, 3.2.1


def clean(name: str) -> str | None:
    r"""Return the name in its composed form (NFC), or None if it cannot name a file.

    A name has 1 to 255 characters of any script. It is not blank, `.` or `..`, and contains no
    control characters, `/`, `\`, direction overrides or piled-up combining marks. Invisible
    characters are removed: nobody chose them, and two names would look alike.
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
    """Return a Content-Disposition header that carries any name safely.

    Plain ASCII is sent as it is. Everything else goes as UTF-8 (RFC 8187), after an ASCII form for
    clients that read no more than that.
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
