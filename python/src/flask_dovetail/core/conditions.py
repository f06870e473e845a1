"""Evaluate conditional requests: whether the client's copy is the current one (RFC 9110, 13)."""

from __future__ import annotations

import re
from datetime import UTC
from email.utils import parsedate_to_datetime
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_TAG = re.compile(r'(W/)?("[\x21\x23-\x7e\x80-\xff]*")')


class Outcome(Enum):
    """The outcome of the preconditions of a GET or HEAD."""

    PROCEED = 200
    NOT_MODIFIED = 304
    FAILED = 412


def evaluate(header: Callable[[str], str | None], *, etag: str, modified: int) -> Outcome:
    """Evaluate the preconditions of a GET or HEAD in the order of RFC 9110, 13.2.2.

    Args:
        header: returns a request header by its name.
        etag: the current strong tag, quoted.
        modified: Unix seconds.
    """
    match, unmodified = header("If-Match"), _seconds(header("If-Unmodified-Since"))
    if match is not None:
        if not _lists(match, etag, strongly=True):
            return Outcome.FAILED
    elif unmodified is not None and modified > unmodified:
        return Outcome.FAILED
    none_match, since = header("If-None-Match"), _seconds(header("If-Modified-Since"))
    if none_match is not None:
        return Outcome.NOT_MODIFIED if _lists(none_match, etag) else Outcome.PROCEED
    return Outcome.NOT_MODIFIED if since is not None and modified <= since else Outcome.PROCEED


def may_be_partial(if_range: str | None, *, etag: str, modified: int) -> bool:
    """Return whether Range applies: the client has a part of this content (RFC 9110, 13.1.5)."""
    if if_range is None or if_range.strip() == etag:
        return True
    return _seconds(if_range) == modified


def _lists(header: str, etag: str, *, strongly: bool = False) -> bool:
    if header.strip() == "*":
        return True
    return any(tag == etag and not (strongly and weak) for weak, tag in _TAG.findall(header))


def _seconds(date: str | None) -> int | None:
    """Return the Unix seconds of an HTTP-date in any of its three forms; None if invalid."""
    try:
        moment = parsedate_to_datetime(date or "")
    except (ValueError, TypeError, IndexError, OverflowError):  # it is made for mail dates
        return None
    return int(moment.replace(tzinfo=moment.tzinfo or UTC).timestamp())
