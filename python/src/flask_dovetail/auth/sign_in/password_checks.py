"""Bound how many passwords each process checks at once, by Argon2 and the like."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from flask import has_request_context, request

from ...core import state
from ...core.addresses import address_key
from ..authority import Auth

if TYPE_CHECKING:
    from collections.abc import Iterator

_is_inside: ContextVar[bool] = ContextVar("dovetail_password_check", default=False)


@contextmanager
def password_checks() -> Iterator[None]:
    """Run a block as one of the password checks that the process does at the same time.

        with password_checks():
            user.password_hash = hasher.hash(password)

    Dovetail runs `authenticate` in such a block. Put your own hashing behind the same bound: a
    sign-up costs as much memory as a sign-in. Client addresses take turns, so that one of them
    keeps no other out. Inside another such block, and so in `authenticate`, it does nothing. Hold
    no database connection in the block where you can avoid it. Needs an app context.

    Raises:
        ServiceUnavailable: 503 with `Retry-After`; `DOVETAIL_AUTH_PASSWORD_CHECKS_MAX` are running
            and `..._WAITING_MAX` wait, and no other address has more places than this one, or it
            waited `..._WAIT_SECONDS`.
    """
    if _is_inside.get():
        yield
        return
    client = address_key(request.remote_addr) if has_request_context() else None
    with state.get(Auth).password_checks.for_client(client):
        token = _is_inside.set(True)
        try:
            yield
        finally:
            _is_inside.reset(token)
