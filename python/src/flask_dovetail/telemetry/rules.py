"""What never reaches a log line, and which request ids are taken. Pure.

Masking errs on the side of masking too much: cookies, credentials, CSRF tokens, passwords, email
addresses, row data in database errors, and every long run of characters that is not made of words.
Each pattern starts at a boundary or is bounded, so that time stays linear in the text's length.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Set
from math import isfinite
from typing import Any

from .. import wire

MASK = "[masked]"
EMAIL = "[email]"
TOKEN = "[token]"  # noqa: S105 - what is written in its place
MAX_DEPTH = 6

_REQUEST_ID = re.compile(wire.LIMITS["request_id_pattern"])

_CONFIDENTIAL = (
    r"(?:pass(?:word|wd|phrase|code)|pwd|secret|token|credential|csrf|xsrf|"
    r"(?:api|private|access|signing)[_-]?key|session[_-]?id|(?<![a-z])sid(?![a-z]))"
)
_HINTS = ("pass", "pwd", "secret", "token", "credential", "srf", "key", "session", "sid")
_CREDENTIAL_HEADER = r"(?:proxy-)?authorization|(?:set-)?cookie"
_NAME = re.compile(f"{_CONFIDENTIAL}|{_CREDENTIAL_HEADER}", re.IGNORECASE)

# Cookie: a=b; c=d          'Authorization': 'Bearer x'          ("set-cookie", "sid=x; Path=/")
_HEADER = re.compile(
    rf"((?:{_CREDENTIAL_HEADER})(?:\\*[\"']\s*,|(?:\\*[\"'])?\s*[:=])\s*b?)"
    r"(?:(?P<quote>\\*[\"'])(?:(?!(?P=quote))(?:\\.|.))*|[^\r\n]+)",
    re.IGNORECASE,
)
# password=x   "password": "x"   password='x'   \"csrf\": \"x\"   ("token", "x")
_PAIR = re.compile(
    rf"({_CONFIDENTIAL}[\w-]{{0,40}}(?:\\*[\"']\s*,|(?:\\*[\"'])?\]?\s*[:=])\s*b?)"
    r"(?:(?P<quote>\\*[\"'])(?:(?!(?P=quote))(?:\\.|.))*|[^\s&]+)",
    re.IGNORECASE,
)
_SCHEME = re.compile(r"\b(bearer|basic|dpop|digest)\s+[\w.~+/=-]{6,}", re.IGNORECASE)
_USERINFO = re.compile(r"://[^\s/@]*@")
_HASH = re.compile(r"\$(?:argon2\w{0,2}|2[abxy]|scrypt|pbkdf2[\w-]{0,20})\$[^\s\"')]+")
_JWT = re.compile(r"(?<![\w-])eyJ[\w-]*(?:\.[\w-]*)+")
# A value may hold whatever would close the list: masked to the end of the line and, where the
# database writes line breaks as they are, up to what SQLAlchemy or Python says next.
_ROWS = re.compile(
    r"(\[parameters: )[^\n]*"
    r"|(Failing row contains |Key \([^\n]{1,200}?\)=)\("
    r"(?:[^\n]|\n(?!\[SQL: |CONTEXT: |\n(?:The above|During) ))*"
)
_AT = re.compile(r"(?:@|%40)\[?[\w.%-]+")
_BEFORE_LOCAL_PART = frozenset('@"<>()[],;:\\')
_RUN_CHARS = 22  # 128 bits in base64url
_RUN = re.compile(rf"(?<![A-Za-z0-9_-])[A-Za-z0-9_-]{{{_RUN_CHARS},}}")
_WORD = r"(?:[A-Z]?[a-z]{1,18}(?:[A-Z][a-z]{2,18})*\d{0,4}|[A-Z]{1,18}\d{0,4}|\d{1,10})"
_WORDS = re.compile(rf"[_-]*{_WORD}(?:[_-]+{_WORD})*[_-]*")
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def _keep_name(found: re.Match[str]) -> str:
    return f"{found[1]}{found['quote'] or ''}{MASK}"


_RULES: tuple[tuple[tuple[str, ...], re.Pattern[str], Any], ...] = (
    # (a text without any of these, in lower case, cannot match; the pattern; what it becomes)
    (("[parameters: ", "failing row", "key ("), _ROWS, rf"\1\2{MASK}"),
    (("authorization", "cookie"), _HEADER, _keep_name),
    (_HINTS, _PAIR, _keep_name),
    (("bearer", "basic", "dpop", "digest"), _SCHEME, rf"\1 {MASK}"),
    (("://",), _USERINFO, f"://{MASK}@"),
    (("$",), _HASH, MASK),
    (("eyj",), _JWT, TOKEN),
)


def sane_request_id(given: str | None) -> str | None:
    """`given` when it may be used as a request id (`wire/limits.json`), else None."""
    return given if given is not None and _REQUEST_ID.fullmatch(given) else None


def mask_text(text: str) -> str:
    """`text` without secrets and email addresses."""
    lower = text.lower()
    for hints, pattern, replacement in _RULES:
        for hint in hints:
            if hint in lower:
                text = pattern.sub(replacement, text)
                break
    if "@" in text or "%40" in text:
        text = _mask_emails(text)
    return _RUN.sub(_mask_run, text) if len(text) >= _RUN_CHARS else text


def mask_value(name: str, value: Any, depth: int = 0) -> Any:
    """A value of a structured line: masked by its name, or inside.

    Numbers, booleans and None pass; containers are walked down to `MAX_DEPTH`; all else is text.
    """
    if value is None:
        return None
    if _NAME.search(name):
        return MASK
    if isinstance(value, (bool, int)) or (isinstance(value, float) and isfinite(value)):
        return value
    if isinstance(value, str):
        return mask_text(value)
    if depth == MAX_DEPTH:
        return "…"
    if isinstance(value, Mapping):
        return {
            mask_text(str(key)): mask_value(str(key), item, depth + 1)
            for key, item in value.items()
        }
    if isinstance(value, (list, tuple, Set)):
        return [mask_value("", item, depth + 1) for item in value]
    return mask_text(repr(value))


def _mask_emails(text: str) -> str:
    """By hand, from each "@" to the left: a pattern would be quadratic, or miss neighbours."""
    parts: list[str] = []
    done = 0
    for at in _AT.finditer(text):
        start = _local_part(text, done, at.start())
        if start < at.start():
            parts += (text[done:start], EMAIL)
            done = at.end()
    return "".join((*parts, text[done:]))


def _local_part(text: str, floor: int, at: int) -> int:
    """Where the local part begins that ends at `at`; `at` itself when there is none."""
    if at > floor and text[at - 1] == '"':
        return max(text.rfind('"', floor, at - 1), floor)  # "john doe"@example.com
    start = at
    while start > floor and text[start - 1] not in _BEFORE_LOCAL_PART:
        if text[start - 1].isspace():
            break
        start -= 1
    # Characters that a local part may have, but that mostly end what stands before it: email=…
    named = max(text.rfind(mark, start, at) for mark in "=&?/{|'`") + 1
    return named if start < named < at else start


def _mask_run(found: re.Match[str]) -> str:
    run = found[0]
    return run if _WORDS.fullmatch(run) or _UUID.fullmatch(run) else TOKEN
