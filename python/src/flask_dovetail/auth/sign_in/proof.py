"""Begin a login only if nothing has outdated the proof of who the person is.

While a password is checked, its owner may change it and end every login. The store therefore
compares the beginning of the proof with the end of the logins, and refuses an older proof.
"""

from __future__ import annotations

from contextlib import nullcontext
from math import ceil
from time import monotonic
from typing import TYPE_CHECKING, TypeVar

from flask import current_app, request

from ...contract.problems import ServiceUnavailable
from ...core import state
from ...core.worker import BEGAN_AT
from ..authority import Auth
from ..log import log
from ..logins.store import OutdatedProof

if TYPE_CHECKING:
    from collections.abc import Callable

    from ...core.identity import Identity

T = TypeVar("T")

_ATTEMPTS = 3


def begin_proved(prove: Callable[[], Identity], begin: Callable[[Identity, int], T]) -> T:
    """Begin a login of the person that `prove` returns; prove it again if the proof is outdated.

    The proof begins with the request, because a hook may have read that person before. A second
    proof has an app context of its own, since a session of the application's may still hold what it
    read. Before that, the application tears down the first one: its session must not hold a
    connection while the other one waits for a place in the same pool.

    Args:
        prove: returns the identity, or raises.
        begin: given the identity, and when its proof began, for `Logins.create`.

    Raises:
        ServiceUnavailable: three proofs were outdated by the time they were done.
        Exception: whatever `prove` raises; so a former password is refused as a wrong one.
    """
    logins = state.get(Auth).logins
    again = False
    proved_at: int | None = logins.now_ms() - ms_since_request_began()
    for _ in range(_ATTEMPTS):
        if proved_at is None:
            proved_at = logins.now_ms()
        with current_app.app_context() if again else nullcontext():
            identity = prove()
        try:
            return begin(identity, proved_at)
        except OutdatedProof as outdated:
            log.info("sign-in proved again", extra={"subject": identity.subject})
            proved_at, again = outdated.proved_at, True
            _tear_down()
    raise ServiceUnavailable("The account is being changed.", retry_after=1)


def _tear_down() -> None:
    """Call what ends sessions and the like, as Flask will again at the end of the request."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    for function in reversed(app.teardown_appcontext_funcs):
        app.ensure_sync(function)(None)


def ms_since_request_began() -> int:
    """Return the milliseconds since the request began, rounded up.

    A little too long is right: two clocks never go at quite the same pace.
    """
    began_at = request.environ.get(BEGAN_AT)
    return 0 if began_at is None else ceil((monotonic() - began_at) * 1001)
