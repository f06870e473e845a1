"""Conditional requests: whether what somebody has, or has seen, is what is there (RFC 9110, 13)."""

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
    """What becomes of a GET or HEAD."""

    PROCEED = 200
    NOT_MODIFIED = 304
    FAILED = 412


def evaluate(header: Callable[[str], str | None], *, etag: str, modified: int) -> Outcome:
    """The preconditions of a GET or HEAD, in the order of RFC 9110, 13.2.2.

    Args:
        header: gives one of the request, by its name.
        etag: the strong one that is there, quoted.
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
    """Whether a Range counts: the rest belongs to what the client has (RFC 9110, 13.1.5)."""
    if if_range is None or if_range.strip() == etag:
        return True
    return _seconds(if_range) == modified


def _lists(header: str, etag: str, *, strongly: bool = False) -> bool:
    if header.strip() == "*":
        return True
    return any(tag == etag and not (strongly and weak) for weak, tag in _TAG.findall(header))


def _seconds(date: str | None) -> int | None:
    """Unix seconds of an HTTP-date in any of its three forms; None for what is none."""
    try:
        moment = parsedate_to_datetime(date or "")
    except (ValueError, TypeError, IndexError, OverflowError):  # it is written for mail
        return None
    return int(moment.replace(tzinfo=moment.tzinfo or UTC).timestamp())
