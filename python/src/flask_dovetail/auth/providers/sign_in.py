"""End an outside sign-in with a login, with a connection, or with a code.

Only issuer and subject decide which account an outside identity belongs to. An email never does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...contract.problems import ConnectedElsewhere, NoAccount, SessionExpired
from ...core import state
from ..authority import Auth
from ..log import log
from ..request import caller
from ..request.identities import check_identity
from ..sign_in import password
from ..sign_in.proof import begin_proved

if TYPE_CHECKING:
    from ...core.identity import Identity
    from .connections import Connections
    from .external import ExternalAccount, IdentifyExternal
    from .flow_cookie import Flow


def sign_in(
    account: ExternalAccount, connections: Connections, identify_external: IdentifyExternal
) -> None:
    """Begin a login of the account that `account` is connected to; make the account if necessary.

    The owner of the account is looked up again where the logins of that person have been ended in
    the meantime: the connection may be gone, too.

    Raises:
        NoAccount: the application makes none, or has disabled it.
        ServiceUnavailable: see `begin_proved`.
        Problem: whatever `identify_external` raises.
    """
    auth = state.get(Auth)

    def newcomer() -> str:
        identity = identify_external(account)
        if identity is None:
            raise NoAccount
        check_identity(identity, "identify_external")
        return identity.subject

    def prove() -> Identity:
        subject = connections.owner(account, newcomer, now=auth.now)
        assert auth.load_identity is not None
        identity = auth.load_identity(subject)
        if identity is None:
            raise NoAccount
        return identity

    def begin(identity: Identity, proved_at: int) -> str:
        password.begin(identity, proved_at)
        return identity.subject

    subject = begin_proved(prove, begin)
    log.info("login began", extra={"subject": subject, "provider": account.provider})


def connect(account: ExternalAccount, connections: Connections, flow: Flow) -> None:
    """Connect `account` to the login that asked for it, which this browser must still have.

    The login is judged before and after: a connection that is made while its login is ended would
    be a way in for anybody who had that login.

    Raises:
        SessionExpired: that login has ended, or is not the one of this browser.
        ConnectedElsewhere: `account` signs in to another account.
    """
    auth = state.get(Auth)
    assert flow.subject is not None
    here = (caller.caller().login, caller.caller_by_refresh_cookie().login)
    if not any(login is not None and login.id == flow.login_id for login in here):
        raise SessionExpired
    wanted = flow.subject
    is_new = False

    def newcomer() -> str:
        nonlocal is_new
        is_new = True
        return wanted

    if connections.owner(account, newcomer, now=auth.now) != wanted:
        raise ConnectedElsewhere
    assert flow.login_id is not None
    if is_new and not auth.logins.exists(wanted, flow.login_id):
        connections.end_external(wanted, account)
        raise SessionExpired
    log.info("provider connected", extra={"subject": wanted, "provider": account.provider})
