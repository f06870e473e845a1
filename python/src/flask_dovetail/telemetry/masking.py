"""Mask secrets in log lines, and check request ids. Pure.

Masking errs on the side of masking too much: cookies, credentials, CSRF tokens, passwords, email
addresses, row data in database errors, and every long run of characters that is not made of words.
Each pattern starts at a boundary or is bounded, so that time stays linear in the text's length.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Set
from math import isfinite
from typing import Any

from ..core import wire

MASK = "[masked]"
EMAIL = "[email]"
TOKEN = "[token]"  # noqa: S105 - what is written in its place
MAX_DEPTH = 6

_REQUEST_ID = re.compile(wire.LIMITS["request_id_pattern"])

_CONFIDENTIAL = (
    r"(?:pass(?:word|wd|phrase|code)|pwd|secret|token|credential|csrf|xsrf|signature|assertion|"
    r"samlresponse|code[_-]?verifier|"
    r"(?:api|private|access|signing)[_-]?key|session[_-]?id|(?:(?<![a-z])|(?<=3f))(?:sid|sig|t?otp)(?![a-z]))"
)
_HINTS = (
    *("pass", "pwd", "secret", "token", "credential", "srf", "key", "session", "sid"),
    *("sig", "otp", "assertion", "saml", "verifier"),
)
_CREDENTIAL_HEADER = r"(?:proxy-)?authorization|(?:set-)?cookie"
_NAME = re.compile(f"{_CONFIDENTIAL}|{_CREDENTIAL_HEADER}", re.IGNORECASE)

_IS = r"(?:[:=]|%(?:25)*3[AD](?:%(?:25)*2[027])*)"  # also URL-encoded, once or more often
_QUOTED = r"%(?:25)*2[27]"

# Cookie: a=b; c=d          'Authorization': 'Bearer x'          ("set-cookie", "sid=x; Path=/")
_HEADER = re.compile(
    rf"((?:{_CREDENTIAL_HEADER})(?:\\*[\"']\s*,|(?:\\*[\"']|{_QUOTED})?\s*{_IS})\s*b?)"
    r"(?:(?P<quote>\\{0,63}[\"'])(?:(?!(?P=quote))(?:\\.|.))*|[^\r\n]+)",
    re.IGNORECASE,
)
# password=x   "password": "x"   password='x'   \"csrf\": \"x\"   ("token", "x")
_PAIR = re.compile(
    rf"({_CONFIDENTIAL}[\w-]{{0,40}}(?:\\*[\"']\s*,|(?:\\*[\"']|{_QUOTED})?\]?\s*{_IS})\s*b?)"
    r"(?:(?P<quote>\\{0,63}[\"'])(?:(?!(?P=quote))(?:\\.|.))*|[^\s&]+)",
    re.IGNORECASE,
)
# ?code=4/0AX4…   "code": "SplxlOBe"   otp_code=123456, but neither code=NOT_FOUND nor code: 1006
_CODE_NAME = (
    r"(?:(?<![a-z])|(?<=3f))(?:(?:auth|authorization|device|user|verification|recovery|backup|login|email|sms|"
    r"otp|one[_-]?time)[_-]?)?codes?(?![a-z])"
)
_CODE = re.compile(
    rf"((?i:{_CODE_NAME}(?:\\*[\"']|{_QUOTED})?\s*{_IS})\s*)"
    r"(?:(?P<quote>\\{0,63}[\"'])(?!(?:[A-Z_]+|[a-z_]+|[0-9]{1,4})(?P=quote))"
    r"(?:(?!(?P=quote))(?:\\.|.))*|"
    r"(?!(?:[A-Z_]+|[0-9]{1,4})(?![^\s&,;)\]}'\"]))(?![\"'\\\[{(])[^\s&]+)",
)
_STATE = re.compile(rf"((?:[?&]|%(?:25)*(?:3F|26))(?:state|nonce){_IS})[^\s&]+", re.IGNORECASE)
_SCHEME = re.compile(r"\b(bearer|basic|dpop|digest)\s+[\w.~+/=-]{6,}", re.IGNORECASE)
_USERINFO = re.compile(r"(://|%3A%2F%2F)(?:[^\s/?#&\"'<>%]|%(?!2F))*(?:@|%40)", re.IGNORECASE)
_HASH = re.compile(r"\$(?:argon2\w{0,2}|2[abxy]|scrypt|pbkdf2[\w-]{0,20})\$[^\s\"')]+")
_JWT = re.compile(r"(?<![\w-])eyJ[\w-]*(?:\.[\w-]*)+")
# A value may contain the closing mark: mask to the end of the line and, if the database keeps line
# breaks as they are, up to SQLAlchemy's or Python's next words.
_ROWS = re.compile(
    r"(\[parameters: )[^\n]*"
    r"|(Failing row contains |Key \([^\n]{1,200}?\)=)\("
    r"(?:[^\n]|\n(?!\[SQL: |CONTEXT: |\n(?:The above|During) ))*"
)
_AT = re.compile(r"(?:@|%40)\[?[\w.%-]+")
_BEFORE_LOCAL_PART = frozenset('@"<>()[],;:\\')
_RUN_CHARS = 22  # 128 bits in base64url
_ENCODED_RUN = re.compile(
    rf"(?:[A-Za-z0-9_-]|%2[BF]){{{_RUN_CHARS},}}(?:%3D){{0,2}}", re.IGNORECASE
)
_ENCODED_MARKS = re.compile("%2[BF]", re.IGNORECASE)
_MARK = ("+", "/")
_MARKS = re.compile("([+/]+)")
_LONG_WORD_CHARS = 6  # six random characters hardly ever look like a word
_WORD = r"(?:[A-Z]?[a-z]{1,18}(?:[A-Z][a-z]{2,18})*\d{0,4}|[A-Z]{1,18}\d{0,4}|\d{1,10})"
_WORDS = re.compile(rf"[_-]*{_WORD}(?:[_-]+{_WORD})*[_-]*")
_PIECE = r"(?:[a-z]{1,18}+\d{0,4}+|\d{1,10}+)"  # of nearly every path
_RUN = re.compile(  # the cheap refusals first: shorter ones, and paths that are made of words
    rf"(?<![A-Za-z0-9_+/-])(?=[A-Za-z0-9_+/-]{{{_RUN_CHARS}}})"
    rf"(?![_/-]*+(?:{_PIECE}[_/-]++)*+{_PIECE}?+(?![A-Za-z0-9_+/-]))[A-Za-z0-9_+/-]+"
)
_PATH = re.compile(rf"[_+/-]*{_WORD}(?:[_+/-]+{_WORD})*[_+/-]*")
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def _keep_name(found: re.Match[str]) -> str:
    return f"{found[1]}{found['quote'] or ''}{MASK}"


_Rules = tuple[tuple[tuple[str, ...], re.Pattern[str], Any], ...]

# (a lower-case text without any of these cannot match; the pattern; the replacement)
_ROW_RULES: _Rules = ((("[parameters: ", "failing row", "key ("), _ROWS, rf"\1\2{MASK}"),)
_NAME_RULES: _Rules = (
    (("authorization", "cookie"), _HEADER, _keep_name),
    (_HINTS, _PAIR, _keep_name),
    (("code",), _CODE, _keep_name),
    (("state", "nonce"), _STATE, rf"\1{MASK}"),
    (("://", "%3a%2f%2f"), _USERINFO, rf"\1{MASK}@"),
)
_OTHER_RULES: _Rules = (
    (("bearer", "basic", "dpop", "digest"), _SCHEME, rf"\1 {MASK}"),
    (("$",), _HASH, MASK),
    (("eyj",), _JWT, TOKEN),
)


def sane_request_id(given: str | None) -> str | None:
    """Return the id if it may be used as a request id (`wire/limits.json`), else None."""
    return given if given is not None and _REQUEST_ID.fullmatch(given) else None


def mask_text(text: str) -> str:
    """Return `text` without secrets and email addresses."""
    lower = text.lower()
    if "[" in text or "(" in text:
        text = _apply(_ROW_RULES, text, lower)
    if ":" in text or "=" in text or "%" in text or "'," in text or '",' in text:
        text = _apply(_NAME_RULES, text, lower)
    text = _apply(_OTHER_RULES, text, lower)
    if "@" in text or "%40" in text:
        text = _mask_emails(text)
    if len(text) < _RUN_CHARS:
        return text
    if "%2" in text:
        text = _ENCODED_RUN.sub(_mask_encoded_run, text)
    return _RUN.sub(_mask_run, text)


def _apply(rules: _Rules, text: str, lower: str) -> str:
    for hints, pattern, replacement in rules:
        for hint in hints:
            if hint in lower:
                text = pattern.sub(replacement, text)
                break
    return text


def mask_value(name: str, value: Any, depth: int = 0) -> Any:
    """Mask a value of a structured line by its name, or inside.

    Numbers, booleans and None pass; containers are walked down to `MAX_DEPTH`; everything else is
    text.
    """
    if value is None:
        return None
    if _NAME.search(name):
        return MASK
    if isinstance(value, str) and "code" in name.lower():
        return MASK if mask_text(f"{name}={value}").endswith(MASK) else mask_text(value)
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
    """Mask emails by hand, from each "@" leftwards: a pattern is quadratic, or misses some."""
    parts: list[str] = []
    end = 0
    for at in _AT.finditer(text):
        start = _find_local_part(text, end, at.start())
        if start < at.start():
            parts += (text[end:start], EMAIL)
            end = at.end()
    return "".join((*parts, text[end:]))


def _find_local_part(text: str, floor: int, at: int) -> int:
    """Return where the local part that ends at `at` begins; `at` itself if there is none."""
    if at > floor and text[at - 1] == '"':
        return max(text.rfind('"', floor, at - 1), floor)  # "john doe"@example.com
    start = at
    while start > floor and text[start - 1] not in _BEFORE_LOCAL_PART:
        if text[start - 1].isspace():
            break
        start -= 1
    # Marks that a local part may contain, but that mostly end the text before it: email=…
    named = max(text.rfind(mark, start, at) for mark in "=&?/{|'`") + 1
    return named if start < named < at else start


def _mask_run(found: re.Match[str]) -> str:
    """Mask base64url as a whole; of base64, a path or a query, the runs between long words."""
    run = found[0]
    if "/" not in run and "+" not in run:
        return run if _is_readable(run) else TOKEN
    if _PATH.fullmatch(run):
        return run
    masked: list[str] = []
    group: list[str] = []
    for piece in _MARKS.split(run):
        if len(piece) >= _LONG_WORD_CHARS and _is_readable(piece):
            masked += (_mask_group(group), piece)
            group = []
        else:
            group.append(piece)
    return "".join((*masked, _mask_group(group)))


def _mask_group(group: list[str]) -> str:
    """Mask the pieces and the marks between them as one secret, if they are long enough."""
    first, last = 0, len(group)
    while first < last and (group[first][:1] in _MARK or _is_readable(group[first])):
        first += 1
    while first < last and (group[last - 1][:1] in _MARK or _is_readable(group[last - 1])):
        last -= 1
    if len("".join(group[first:last])) < _RUN_CHARS:
        return "".join(group)
    return "".join((*group[:first], TOKEN, *group[last:]))


def _mask_encoded_run(found: re.Match[str]) -> str:
    run = found[0]
    pieces = _ENCODED_MARKS.split(run)
    return run if all(map(_is_readable, pieces)) else TOKEN


def _is_readable(piece: str) -> bool:
    """Return whether the run is made of words, or a UUID."""
    return not piece or bool(_WORDS.fullmatch(piece) or _UUID.fullmatch(piece))
