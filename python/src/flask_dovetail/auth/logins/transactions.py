"""Run a call once the application's transaction is over, however it ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session, SessionTransaction

_WAITING = "dovetail_when_over"
"""The key in `Session.info`, so that the calls go away with a session that is dropped."""


def when_over(session: Session, call: Callable[[], None]) -> None:
    """Call `call` after the commit, the rollback or the closing of the session's transaction.

    Not after that of a savepoint. A session that is thrown away without any of them calls nothing.
    """
    from sqlalchemy import event

    if not session.in_transaction():
        session.begin()
    if _WAITING not in session.info:
        session.info[_WAITING] = []
        event.listen(session, "after_transaction_end", _call_all)
    session.info[_WAITING].append(call)


def _call_all(session: Session, ended: SessionTransaction) -> None:
    if ended.parent is not None:
        return
    waiting: list[Any] = session.info[_WAITING]
    session.info[_WAITING] = []
    for call in waiting:
        call()
