"""Problems: the answers to a client when something is refused or fails (RFC 9457).

A problem is an exception class with a stable `code`; views raise it, `@operation(problems=[...])`
declares it, and the browser branches on its code:

    class TooManyPosts(Problem, code="TOO_MANY_POSTS", status=429, title="Too many posts today"):
        '''The author has reached the daily limit.'''

    raise TooManyPosts("Five a day is the limit.", retry_after=3600)
"""

from __future__ import annotations

import re
from typing import Any, ClassVar

from ..core import wire
from ..core.errors import DeclarationError

_WIRE = wire.load("errors")
_CODE = re.compile(r"[A-Z][A-Z0-9_]*")


class Problem(Exception):  # noqa: N818 - RFC 9457 calls it a problem
    """The base of every problem. Not raised itself.

    Args:
        detail: for people: what happened this time. Never parsed by a client, never a secret.
        headers: extra response headers.
        retry_after: seconds; becomes `Retry-After` (RFC 9110 section 10.2.3).
        members: extension members of the body (RFC 9457 section 3.2).
    """

    code: ClassVar[str]
    status: ClassVar[int]
    title: ClassVar[str]

    def __init_subclass__(
        cls, *, code: str, status: int | None = None, title: str | None = None
    ) -> None:
        super().__init_subclass__()
        ours = _WIRE["codes"].get(code)
        if not _CODE.fullmatch(code):
            raise DeclarationError(f"Problem code {code!r}: use capitals, digits and underscores.")
        if ours and status not in (None, ours["status"]):
            raise DeclarationError(
                f"{code} is one of Dovetail's codes, with status {ours['status']}: "
                f"leave `status` out, or choose another code for {cls.__name__}."
            )
        if not ours and (status is None or title is None):
            raise DeclarationError(
                f"{cls.__name__}: a code of your own needs `status` and `title`."
            )
        if status is not None and not 400 <= status <= 599:
            raise DeclarationError(f"{cls.__name__}: status {status} is not an error (400-599).")
        cls.code = code
        cls.status = status or ours["status"]
        cls.title = title or ours["title"]

    def __init__(
        self,
        detail: str | None = None,
        *,
        headers: dict[str, str] | None = None,
        retry_after: int | None = None,
        **members: Any,
    ) -> None:
        super().__init__(detail or self.title)
        self.detail = detail
        self.headers: dict[str, str] = dict(headers or {})
        if retry_after is not None:
            self.headers["Retry-After"] = str(max(1, retry_after))
        self.members = members

    def body(self, request_id: str | None = None) -> dict[str, Any]:
        """Return the problem+json members (RFC 9457 section 3.1), with `code` and `request_id`."""
        body: dict[str, Any] = {
            "type": type_uri(self.code),
            "title": self.title,
            "status": self.status,
            "code": self.code,
        }
        if self.detail is not None:
            body["detail"] = str(self.detail)
        if request_id is not None:
            body["request_id"] = request_id
        return body | {name: each for name, each in self.members.items() if name not in body}


def type_uri(code: str) -> str:
    """Return `urn:dovetail:problem:too-many-posts` for `TOO_MANY_POSTS`."""
    return f"{_WIRE['type_prefix']}{code.lower().replace('_', '-')}"
