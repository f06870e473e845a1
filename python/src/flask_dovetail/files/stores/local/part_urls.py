"""The address of one part: its holder may send those bytes until it expires, and nothing else.

The signature covers the place of the part, its size, the expiry and the login that it was made for,
so that an ended login takes its addresses with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlencode

from ..store import PartUrl

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ....core.signing import Signer
    from ...policy import Upload
    from ..store import Ticket

_USE = "send a part"
_MOST_DIGITS = 15


class Part(NamedTuple):
    """The permission that an address carries.

    Attributes:
        number: counted from 1.
        offset: of its first byte in the whole file.
        expires_at: Unix seconds.
    """

    key: str
    number: int
    offset: int
    size: int
    subject: str
    login_id: str
    expires_at: int

    def signed(self) -> tuple[str, ...]:
        """Return the values that the signature covers: all of them."""
        return (_USE, *map(str, self))


def address(
    upload: Upload,
    number: int,
    ticket: Ticket,
    signer: Signer,
    *,
    address_of: Callable[[str], str],
) -> PartUrl:
    """Return the signed address of part `number`; it needs no headers.

    Args:
        address_of: returns the address of a path.
    """
    size = upload.part_length(number)
    part = Part(
        upload.key,
        number,
        (number - 1) * upload.part_size,
        size,
        ticket.subject,
        ticket.login_id,
        ticket.expires_at,
    )
    query = urlencode(
        {
            "offset": part.offset,
            "size": part.size,
            "subject": part.subject,
            "login": part.login_id,
            "expires": part.expires_at,
            "signature": signer.sign(*part.signed()),
        }
    )
    url = address_of(f"/files/upload/{upload.key}/{number}")
    return PartUrl(number, size, f"{url}?{query}", {})


def read_address(
    key: str, number: str, query: Mapping[str, str], *, signer: Signer, now: float
) -> Part | None:
    """Return the permission of an address, or None if it is not ours, altered, or expired."""
    numbers = (number, query.get("offset"), query.get("size"), query.get("expires"))
    if not all(n and n.isascii() and n.isdecimal() and len(n) <= _MOST_DIGITS for n in numbers):
        return None
    nth, offset, size, expires_at = (int(n or 0) for n in numbers)
    part = Part(
        key, nth, offset, size, query.get("subject", ""), query.get("login", ""), expires_at
    )
    if not signer.verify(query.get("signature", ""), *part.signed()):
        return None
    return part if now < part.expires_at else None
