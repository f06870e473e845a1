"""`content_url`: an address that opens one file without further credentials, as `<img>` needs it.

It is signed for one login and ends with it. Its expiry is rounded up to whole windows, so that it
is the same address for a whole window and a browser finds what it has kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlencode

from .. import state
from .access import may_read
from .service import Files

if TYPE_CHECKING:
    from ..auth.identity import Login
    from .policy import File

_USE = "read a file"


class Link(NamedTuple):
    """
    Attributes:
        expires_at: Unix seconds; None where the address says nothing about who may read.
    """

    url: str
    expires_at: int | None


def content_url(file: File) -> str:
    """The address of a file's bytes, for who makes the current request.

    Of a file that everybody may read it is the same for everybody, and lasts. Of any other it opens
    the file for whoever holds it, for `DOVETAIL_FILES_LINK_SECONDS` at least and twice that at
    most, while the login of this request lives and its person may read the file. Whom the policy
    does not let read it now, this call lets: the address opens the file for them all the same.
    """
    files = state.get(Files)
    login = files.authority.current_login()
    granted = login is not None and not may_read(files, file, files.authority.current_identity())
    return link(files, file, login, granted=granted).url


def link(files: Files, file: File, login: Login | None, *, granted: bool = False) -> Link:
    """The address for `login`; without one it opens only what everybody may read.

    Args:
        granted: whether it opens the file for who may not read it by the policy.
    """
    url = f"{files.api_origin}/files/{file.id}/content"
    if login is None or may_read(files, file, None):
        return Link(url, None)
    window = files.settings.link_seconds
    expires_at = (files.now() // window + 2) * window
    signed = _signed(file.id, login.subject, login.id, expires_at, granted=granted)
    signature = files.link_signer.sign(*signed)
    query: dict[str, str | int] = {
        "expires": expires_at,
        "subject": login.subject,
        "login": login.id,
        "signature": signature,
    }
    if granted:
        query["granted"] = "true"
    return Link(f"{url}?{urlencode(query)}", expires_at)


def opens(
    files: Files,
    file: File,
    *,
    subject: str,
    login_id: str,
    expires_at: int,
    granted: bool,
    signature: str,
) -> bool:
    """Whether `link` has signed these for this file, and they still hold.

    The login and its person live, and the policy lets them read the file now: a right that was
    taken away takes the addresses with it. An address that was granted beyond it does not ask.
    """
    signed = _signed(file.id, subject, login_id, expires_at, granted=granted)
    if (
        not files.link_signer.verify(signature, *signed)
        or files.now() >= expires_at
        or not files.authority.login_lives(subject, login_id)
    ):
        return False
    identity = files.authority.load_identity(subject)
    return identity is not None and (granted or may_read(files, file, identity))


def _signed(
    file_id: str, subject: str, login_id: str, expires_at: int, *, granted: bool
) -> tuple[str, ...]:
    use = (_USE, "granted") if granted else (_USE,)
    return (*use, file_id, subject, login_id, str(expires_at))
