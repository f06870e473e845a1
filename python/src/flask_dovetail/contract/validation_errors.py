"""Turn pydantic's errors into the `errors` of a VALIDATION_FAILED problem.

A pointer (RFC 6901) names a place in what the client sent: pydantic's names for the branches of a
union are left out. Neither values nor the text of exceptions are repeated: they may be secrets.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .error_limit import MAX_COUNTED, too_many_errors

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic_core import ValidationError

MAX_LISTED = 50
MAX_POINTER = 512
_ABSENT = frozenset({"missing", "missing_argument", "missing_keyword_only_argument"})
_TAGS = frozenset({"union_tag_invalid", "union_tag_not_found"})


def errors_of(
    exc: ValidationError, sent: Any, *place: str, names: Mapping[str, str] | None = None
) -> list[dict[str, str]]:
    """Return each error as `{pointer, code, detail}`, or a single one if there are more than 1000.

    Args:
        exc: pydantic's error.
        sent: the parsed input, which tells its own members from pydantic's names.
        place: "body", "query", "headers", or "path" and the parameter.
        names: renames the first member of the location (header fields).
    """
    if exc.error_count() > MAX_COUNTED:
        limit = too_many_errors()
        return [error_entry(*place, code=limit.code, detail=limit.detail)]
    errors = exc.errors(include_url=False, include_context=False, include_input=False)
    return [_entry(error, sent, place, names or {}) for error in errors[:MAX_LISTED]]


def error_entry(*members: str | int, code: str, detail: str) -> dict[str, str]:
    """Make one entry of `errors`."""
    return {"pointer": pointer(*members), "code": code, "detail": detail}


def pointer(*members: str | int) -> str:
    """Return the pointer as RFC 6901 section 3 writes it: `~` is `~0`, `/` is `~1`.

    Each error repeats the pointer, so one of more than 512 characters names a place further up.
    """
    text = ""
    for part in members:
        name = str(part)
        if len(text) + len(name) >= MAX_POINTER:
            break
        text += "/" + name.replace("~", "~0").replace("/", "~1")
    return text


def _entry(
    error: Any, sent: Any, place: tuple[str, ...], names: Mapping[str, str]
) -> dict[str, str]:
    members = _members(error["loc"], error["type"], sent)
    if members and members[0] in names:
        members[0] = names[str(members[0])]
    return error_entry(*place, *members, code=error["type"], detail=_detail(error))


def _members(location: tuple[str | int, ...], kind: str, sent: Any) -> list[str | int]:
    members: list[str | int] = []
    for index, part in enumerate(location):
        if _holds(sent, part):
            sent = sent[part]
        elif not (kind in _ABSENT and index == len(location) - 1):
            continue
        members.append(part)
    return members


def _holds(sent: Any, part: str | int) -> bool:
    if isinstance(sent, list):
        return isinstance(part, int) and 0 <= part < len(sent)
    return isinstance(sent, dict) and part in sent


def _detail(error: Any) -> str:
    if error["type"] in _TAGS:
        return "Input matches none of the declared variants"  # pydantic would quote the value
    return str(error["msg"])
