"""From a proof of who somebody is to their login, with nothing in between that outdates the proof.

While a password is checked, its owner may change it and end every login. The store therefore
compares the beginning of the proof with the end of the logins, and refuses an older proof.
"""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, TypeVar

from flask import current_app

from .. import state
from ..contract.errors import ServiceUnavailable
from .authority import Auth, log
from .store import OutdatedProof
from .visit import was_asked

if TYPE_CHECKING:
    from collections.abc import Callable

    from .identity import Identity

T = TypeVar("T")

_ATTEMPTS = 3


def begin_proved(prove: Callable[[], Identity], begin: Callable[[Identity, int], T]) -> T:
    """Begin a login of whom `prove` says; prove it again where that is outdated by then.

    Args:
        prove: says who it is, or raises. Asked again in an app context of its own: a session of
            the application's may still hold what it read before.
        begin: given the identity, and when its proof began, for `Logins.create`.

    Raises:
        ServiceUnavailable: three proofs were outdated, each when it was done.
        Exception: whatever `prove` raises; so a former password is refused as a wrong one.
    """
    logins = state.get(Auth).logins
    again = was_asked()  # then `load_identity` has read that person before the proof begins
    proved_at: int | None = None
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
    raise ServiceUnavailable("The account is being changed.", retry_after=1)
