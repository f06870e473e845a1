"""The kinds of text that the app accepts.

The patterns go into the contract, so a client may check them before it sends anything. Rules that
no pattern can express are checked after it: composed form, joiners, marks piled on a letter.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from flask_dovetail.text import NOT_IN_LINES, NOT_IN_TEXT, clean_line, clean_text, has_ink

if TYPE_CHECKING:
    from collections.abc import Callable

_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_VISIBLE = rf"[^\s{NOT_IN_LINES}]"
_IN_LINE = rf"^[^{NOT_IN_LINES}]*{_VISIBLE}[^{NOT_IN_LINES}]*$"
_IN_TEXT = rf"^[^{NOT_IN_TEXT}]*{_VISIBLE}[^{NOT_IN_TEXT}]*$"
_IN_MAYBE_TEXT = rf"^[^{NOT_IN_TEXT}]*$"

MOST = {"name": 80, "title": 120, "body": 5000, "comment": 2000, "bio": 500}


def _clean(
    written: str, *, by: Callable[[str], str | None], most: int, ink: str | None = None
) -> str:
    """Return the text in its one spelling, which may be a little longer than the input."""
    clean = by(written)
    if clean is None or (ink is not None and not has_ink(clean, of=ink)):
        raise PydanticCustomError("unreadable_text", "Not text that others could read")
    if len(clean) > most:
        raise PydanticCustomError("string_too_long", "Too long in its composed form")
    return clean


Name = Annotated[
    str,
    StringConstraints(pattern=_IN_LINE, max_length=MOST["name"]),
    AfterValidator(partial(_clean, by=clean_line, most=MOST["name"], ink="LN")),
]
"""One line with a letter or a number in it. Two people may have the same one."""

Title = Annotated[
    str,
    StringConstraints(pattern=_IN_LINE, max_length=MOST["title"]),
    AfterValidator(partial(_clean, by=clean_line, most=MOST["title"])),
]
"""One line with a visible character."""

Body = Annotated[
    str,
    StringConstraints(pattern=_IN_TEXT, max_length=MOST["body"]),
    AfterValidator(partial(_clean, by=clean_text, most=MOST["body"], ink="LNPS")),
]
"""Lines with a visible character."""

CommentText = Annotated[
    str,
    StringConstraints(pattern=_IN_TEXT, max_length=MOST["comment"]),
    AfterValidator(partial(_clean, by=clean_text, most=MOST["comment"], ink="LNPS")),
]

Bio = Annotated[
    str,
    StringConstraints(pattern=_IN_MAYBE_TEXT, max_length=MOST["bio"]),
    AfterValidator(partial(_clean, by=clean_text, most=MOST["bio"])),
]
"""Lines, or nothing."""

Email = Annotated[
    str,
    StringConstraints(
        max_length=254,
        pattern=rf"^[A-Za-z0-9.!#$%&'*+/=?^_`{{|}}~-]{{1,64}}@{_LABEL}(?:\.{_LABEL})+$",
    ),
]
"""An address that `<input type=email>` accepts, with at least one dot in the domain."""

Password = Annotated[str, StringConstraints(min_length=10, max_length=200)]
"""Length is the only rule (NIST SP 800-63B section 5.1.1.2)."""

RowId = Annotated[int, Field(ge=1, le=2**31 - 1)]
