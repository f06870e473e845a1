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
    from ..auth import Login
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
    most, while the login of this request lives. Whether that login may read it is not asked here.
    """
    files = state.get(Files)
    return link(files, file, files.current_login()).url


def link(files: Files, file: File, login: Login | None) -> Link:
    """The address for `login`; without one it opens only what everybody may read."""
    url = f"{files.api_origin}/files/{file.id}/content"
    if login is None or may_read(files, file, None):
        return Link(url, None)
    window = files.settings.link_seconds
    expires_at = (files.now() // window + 2) * window
    signature = files.link_signer.sign(*_signed(file.id, login.subject, login.id, expires_at))
    query = {
        "expires": expires_at,
        "subject": login.subject,
        "login": login.id,
        "signature": signature,
    }
    return Link(f"{url}?{urlencode(query)}", expires_at)


def opens(
    files: Files, file: File, *, subject: str, login_id: str, expires_at: int, signature: str
) -> bool:
    """Whether these are what `link` has signed for this file, for a login and a person who live."""
    signed = _signed(file.id, subject, login_id, expires_at)
    return (
        files.link_signer.verify(signature, *signed)
        and files.now() < expires_at
        and files.login_lives(subject, login_id)
        and files.load_identity(subject) is not None
    )


def _signed(file_id: str, subject: str, login_id: str, expires_at: int) -> tuple[str, ...]:
    return (_USE, file_id, subject, login_id, str(expires_at))
