"""Kinds of text that the app takes. Control characters are in none of them.

The patterns go into the contract, so a client may check them before it sends anything.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

_LINE = r"[^\x00-\x1f\x7f-\x9f]"
_TEXT = r"[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]"
_VISIBLE = r"[^\s\x00-\x1f\x7f-\x9f]"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"

Line = Annotated[str, StringConstraints(pattern=rf"^{_LINE}*{_VISIBLE}{_LINE}*$")]
"""One line with something to see in it."""

Name = Annotated[Line, StringConstraints(max_length=80)]

Text = Annotated[str, StringConstraints(pattern=rf"^{_TEXT}*{_VISIBLE}{_TEXT}*$")]
"""Lines with something to see in them."""

MaybeText = Annotated[str, StringConstraints(pattern=rf"^{_TEXT}*$")]

Email = Annotated[
    str,
    StringConstraints(
        max_length=254,
        pattern=rf"^[A-Za-z0-9.!#$%&'*+/=?^_`{{|}}~-]{{1,64}}@{_LABEL}(?:\.{_LABEL})+$",
    ),
]
"""What `<input type=email>` takes, with at least one dot in the domain."""

Password = Annotated[str, StringConstraints(min_length=10, max_length=200)]
"""Length is the only rule (NIST SP 800-63B section 5.1.1.2)."""

RowId = Annotated[int, Field(ge=1, le=2**31 - 1)]
