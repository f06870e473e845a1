"""Check text that people write and others see: it stays in its line and shows what it says. Pure.

An invisible name hides its author, an override turns the direction of the text beside it (Unicode
UTS #55, "Trojan Source"), and piled-up marks cover the lines above. No language needs any of that.
Languages do need joiners between letters, direction marks in running text, emoji sequences and
variation selectors, which stay.
"""

from __future__ import annotations

import re
import unicodedata

NOT_IN_TEXT = (
    r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"  # controls other than tab, LF, CR
    r"\u2028\u2029"  # separators of lines and paragraphs, which no editor shows
    r"\u202a-\u202e\u2066-\u206f"  # embeddings, overrides, isolates, deprecated controls
    r"\ufff9-\ufffb"  # interlinear annotations
)
"""Members of a regular expression's character class, for Python, JSON Schema and Rust alike."""

INVISIBLE = (
    r"\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f\u2060-\u2064"
    r"\u2800\u3164\ufeff\uffa0"
)
"""Likewise: characters without room or ink, except joiners and variation selectors."""

NOT_IN_LINES = rf"\t\n\r{NOT_IN_TEXT}{INVISIBLE}"
"""Likewise, for one line, such as a name or a title."""

MOST_MARKS = 5
"""Marks without room of their own on one letter: Hebrew with cantillation needs four."""

_HARMFUL = re.compile(f"[{NOT_IN_TEXT}]")
_HARMFUL_IN_LINES = re.compile(f"[{NOT_IN_LINES}]")
_INVISIBLE = re.compile(f"[{INVISIBLE}]")
_JOINERS = "\u200c\u200d"
_JOINED = "LMS"  # letters, marks, symbols: what a joiner stands between
_BLACK_FLAG = "\U0001f3f4"


def clean_line(text: str) -> str | None:
    """Return `text` as one line, composed (NFC), with single spaces; None if it cannot be shown so.

    Refused are line breaks and other controls, controls of direction, invisible characters (joiners
    between letters and in emoji are allowed), more than 5 marks on one letter, and text with
    nothing to see in it.
    """
    if _HARMFUL_IN_LINES.search(text) or not is_plain(text):
        return None
    line = " ".join(unicodedata.normalize("NFC", text).split())
    return line if has_ink(line) else None


def clean_text(text: str) -> str | None:
    """Return `text` of any number of lines, composed (NFC), with LF as line break; None if refused.

    Blank ends are cut off. Refused are controls other than tab and line break, controls that embed,
    override or isolate a direction, and more than 5 marks on one letter. Empty text is text.
    """
    if _HARMFUL.search(text) or _piles_marks(text):
        return None
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return unicodedata.normalize("NFC", text).strip()


def without_invisible(text: str) -> str:
    """Return `text` without `INVISIBLE` characters, which some programs leave in names of files."""
    return text if text.isascii() else _INVISIBLE.sub("", text)


def has_ink(text: str, *, of: str = "LNPS") -> bool:
    """Return whether the text has something to see.

    Args:
        of: first letters of Unicode's general categories; "LN" asks for a letter or a number.
    """
    return any(unicodedata.category(c)[0] in of for c in without_invisible(text))


def is_plain(text: str) -> bool:
    """Return whether joiners join, tags belong to a flag, and no letter has more than 5 marks."""
    if text.isascii():
        return True
    for at, character in enumerate(text):
        before, after = text[at - 1 : at] if at else "", text[at + 1 : at + 2]
        if character in _JOINERS and not (_is_joined(before) and _is_joined(after)):
            return False
        if _is_tag(character) and not (before == _BLACK_FLAG or _is_tag(before)):
            return False
    return not _piles_marks(text)


def _is_joined(character: str) -> bool:
    return character != "" and unicodedata.category(character)[0] in _JOINED


def _is_tag(character: str) -> bool:
    """Return whether it is a tag.

    Tags spell the flags of regions, such as Scotland's; elsewhere they are invisible text.
    """
    return "\U000e0000" <= character <= "\U000e007f"


def _piles_marks(text: str) -> bool:
    if text.isascii():
        return False
    run = 0
    for character in text:
        # Spacing marks with a combining class count, too: normalising a run of them takes quadratic
        # time.
        takes_no_room = unicodedata.category(character) in ("Mn", "Me")
        run = run + 1 if takes_no_room or unicodedata.combining(character) else 0
        if run > MOST_MARKS:
            return True
    return False
