"""Begin a login from a view of the application's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import has_request_context

from ...contract.problems import ServiceUnavailable
from ...core import state
from ...core.errors import DovetailError
from ..authority import Auth
from ..log import log
from ..logins.store import OutdatedProof
from ..request.caller import current_login, depends_on_login
from ..request.identities import check_identity
from . import password
from .proof import ms_since_request_began

if TYPE_CHECKING:
    from ...core.identity import Identity, Login


def begin_login(identity: Identity) -> Login:
    """Sign `identity` in: a login for whoever your own view has recognised.

    The cookie of the app's strategy goes with the answer to this request, and any login that this
    browser had ends. The page then fetches its CSRF token, or refreshes for its access token, as
    the browser package does by itself. Attempts are not counted: limit the view yourself.

    Raises:
        DovetailError: no request is running.
        DeclarationError: it is no `Identity`.
        AmbiguousCookie: it is unclear which login this one replaces.
        ServiceUnavailable: the logins of this person were ended since the request began, by a
            change of the password perhaps.
    """
    if not has_request_context():
        raise DovetailError(
            "begin_login gives its login to the browser that asks, and no request is running.\n"
            "  cure: call it in a view; tests sign in by DovetailClient(app).sign_in(...)."
        )
    check_identity(identity, "begin_login")
    depends_on_login()
    proved_at = state.get(Auth).logins.now_ms() - ms_since_request_began()
    try:
        password.begin(identity, proved_at)
    except OutdatedProof:
        raise ServiceUnavailable("The account is being changed.", retry_after=1) from None
    log.info("login began", extra={"subject": identity.subject})
    begun = current_login()
    assert begun is not None
    return begun
