"""The sealed cookies of a browser that is away at a provider: one for each sign-in.

Several tabs may be away at once. The callback that a cookie belongs to clears it, so a state counts
at most once, and only in the browser that began with it. The cookie is encrypted, since the code
verifier and the nonce are secret, and has `__Host-` where that is possible: a sibling subdomain
cannot plant a sign-in of its own.
"""

from __future__ import annotations

import base64
import json
import secrets
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from flask import request

from ...core import sealing
from ...core.encoding import base64url
from ..request import cookies
from ..request.rules import cookie_values, cookies_below
from . import rules

if TYPE_CHECKING:
    from collections.abc import Collection

    from ...topology import CookieAttributes

_SUFFIX_CHARS = 8
_CLEARED_AT_ONCE = 16
"""The most cookies that one answer clears; a browser has at most `MAX_FLOWS` that are ours."""


@dataclass(frozen=True)
class Flow:
    """One sign-in that is under way.

    Attributes:
        state, nonce, verifier: 256 random bits each (RFC 6749 section 10.12, OpenID Connect Core
            section 3.1.2.1, RFC 7636).
        origin, landing: of the page to which the browser goes back.
        began_at: Unix seconds.
        login_id, subject: of the login that connects the outside identity to its account; both None
            where somebody signs in.
    """

    state: str
    nonce: str
    verifier: str
    provider: str
    origin: str
    landing: str
    began_at: int
    login_id: str | None = None
    subject: str | None = None


def new_flow(
    provider: str,
    *,
    landing: tuple[str, str],
    now: int,
    login_id: str | None = None,
    subject: str | None = None,
) -> Flow:
    """Make a flow with secrets of its own."""
    return Flow(
        state=secrets.token_urlsafe(32),
        nonce=secrets.token_urlsafe(32),
        verifier=secrets.token_urlsafe(32),
        provider=provider,
        origin=landing[0],
        landing=landing[1],
        began_at=now,
        login_id=login_id,
        subject=subject,
    )


class FlowCookies:
    """Sets, finds and clears the cookies of flows.

    Args:
        cookie: the attributes; each name has a suffix that is part of the state.
        keys: 256 bits each; the first one seals, all of them open.
    """

    def __init__(self, cookie: CookieAttributes, keys: tuple[bytes, ...]) -> None:
        self._cookie = cookie
        self._keys = keys

    def set(self, flow: Flow) -> None:
        """Give `flow` to the browser, in place of the oldest if there are too many."""
        others = sorted(self._carried(), key=lambda carried: carried[1])
        surplus = max(0, len(others) - rules.MAX_FLOWS + 1)
        for name, _ in others[: min(surplus, _CLEARED_AT_ONCE)]:
            cookies.clear(replace(self._cookie, name=name))
        name = self._name(flow.state)
        sealed = self._seal(name, asdict(flow))
        cookies.give(replace(self._cookie, name=name), sealed, max_age=rules.FLOW_SECONDS)

    def take(self, state: str, *, now: int) -> Flow | None:
        """Return the flow with that state, and clear its cookie.

        Returns None if the flow is not this browser's, has been used, or is too old.
        """
        name = self._name(state)
        sent = cookie_values(request.environ.get("HTTP_COOKIE"), name)
        if not sent:
            return None
        cookies.clear(replace(self._cookie, name=name))
        opened = self._open(name, sent.pop()) if len(sent) == 1 else None
        if opened is None:
            return None
        flow = Flow(**opened)
        matches = secrets.compare_digest(flow.state.encode(), state.encode())
        return flow if matches and rules.is_fresh(flow.began_at, now) else None

    def _name(self, state: str) -> str:
        return f"{self._cookie.name}-{state[:_SUFFIX_CHARS]}"

    def _carried(self) -> list[tuple[str, int]]:
        """Return the flows of this request by name and age.

        A flow that cannot be opened counts as the oldest.
        """
        carried = cookies_below(request.environ.get("HTTP_COOKIE"), f"{self._cookie.name}-")
        return [(name, self._began_at(name, values)) for name, values in carried.items()]

    def _began_at(self, name: str, values: Collection[str]) -> int:
        opened = self._open(name, min(values)) if len(values) == 1 else None
        return 0 if opened is None else int(opened["began_at"])

    def _seal(self, name: str, members: dict[str, Any]) -> str:
        plain = json.dumps(members, separators=(",", ":")).encode()
        return base64url(sealing.seal(self._keys[0], plain, label=name))

    def _open(self, name: str, value: str) -> dict[str, Any] | None:
        try:
            raw = base64.urlsafe_b64decode(value.encode("ascii") + b"==")
        except ValueError:
            return None
        unsealed = sealing.unseal(self._keys, raw, label=name)
        if unsealed is None:
            return None
        opened: dict[str, Any] = json.loads(unsealed[0])
        return opened
