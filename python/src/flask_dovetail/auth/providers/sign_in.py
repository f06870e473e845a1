"""How an outside sign-in ends: with a login, with a connection, or with a code.

Whose an outside identity is, is decided by issuer and subject alone. An email never decides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ... import state
from ...contract.errors import ConnectedElsewhere, NoAccount, SessionExpired
from .. import sign_in_out, visit
from ..authority import Auth, log

if TYPE_CHECKING:
    from .connections import Connections
    from .external import ExternalAccount, IdentifyExternal
    from .flow_cookie import Flow


def sign_in(
    account: ExternalAccount, connections: Connections, identify_external: IdentifyExternal
) -> None:
    """Begin a login of the account that `account` is connected to, made where there is none yet.

    Raises:
        NoAccount: the application makes none, or has disabled it.
        Problem: whatever `identify_external` raises.
    """
    auth = state.get(Auth)

    def newcomer() -> str:
        identity = identify_external(account)
        if identity is None:
            raise NoAccount
        return identity.subject

    subject = connections.owner(account, newcomer, now=auth.now)
    assert auth.load_identity is not None
    identity = auth.load_identity(subject)
    if identity is None:
        raise NoAccount
    sign_in_out.begin(identity)
    log.info("login began", extra={"subject": subject, "provider": account.provider})


def connect(account: ExternalAccount, connections: Connections, flow: Flow) -> None:
    """Connect `account` to the login that asked for it, which this browser must still have.

    Raises:
        SessionExpired: that login has ended, or is not the one of this browser.
        ConnectedElsewhere: `account` signs in to another account.
    """
    auth = state.get(Auth)
    assert flow.subject is not None
    here = (visit.visit().login, visit.by_refresh_cookie().login)
    if not any(login is not None and login.id == flow.login_id for login in here):
        raise SessionExpired
    wanted = flow.subject
    if connections.owner(account, lambda: wanted, now=auth.now) != wanted:
        raise ConnectedElsewhere
    log.info("provider connected", extra={"subject": wanted, "provider": account.provider})
