"""`content_url`: an address that opens one file without further credentials, as `<img>` needs it.

The address is signed for one login and ends with it. Its expiry is rounded up to whole windows, so
that the address stays the same for a window and the browser's cache can answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlencode

from ...core import state
from ..access import may_read
from ..files import Files

if TYPE_CHECKING:
    from ...core.identity import Login
    from ..policy import File

_USE = "read a file"


class Link(NamedTuple):
    """The address of a file's bytes.

    Attributes:
        expires_at: Unix seconds; None if the address grants nothing by itself.
    """

    url: str
    expires_at: int | None


def content_url(file: File) -> str:
    """Return the address of a file's bytes for the current request's caller.

    For a file that everybody may read, the address is the same for everybody and does not expire.
    For any other file, it opens the file for anybody who holds it, for at least
    `DOVETAIL_FILES_LINK_SECONDS` and at most twice that, while the login of this request lives and
    its person may read the file. If the policy does not allow that person to read the file now,
    this call grants it: the address opens the file for them all the same.
    """
    files = state.get(Files)
    login = files.authority.current_login()
    granted = login is not None and not may_read(files, file, files.authority.current_identity())
    return link(files, file, login, granted=granted).url


def link(files: Files, file: File, login: Login | None, *, granted: bool = False) -> Link:
    """Return the address for `login`; without a login, it opens only files that everybody may read.

    Args:
        granted: whether the address opens the file although the policy does not allow it.
    """
    url = files.address(f"/files/{file.id}/content")
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


def verify_link(
    files: Files,
    file: File,
    *,
    subject: str,
    login_id: str,
    expires_at: int,
    granted: bool,
    signature: str,
) -> bool:
    """Return whether these parameters are a valid signature of this file by `sign_link`.

    The login and its person must live, and the policy must allow them to read the file now: taking
    away the right ends the addresses too. An address that was granted beyond the policy skips that
    check.
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
