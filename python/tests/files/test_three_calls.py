"""A file of one part needs three plain calls: presign, PUT to the ticket's own `url`, commit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from support.files_site import FilesSite

MakeSite = Callable[..., FilesSite]


@pytest.mark.parametrize("store", ["local", "s3"])
@pytest.mark.parametrize("content", [b"hello", b""])
def test_ticket_of_one_part_has_its_address_at_its_top(
    make_site: MakeSite, request: pytest.FixtureRequest, store: str, content: bytes
) -> None:
    config: dict[str, Any] = {} if store == "local" else request.getfixturevalue("s3_config")
    ada = make_site(**config).visitor()
    ticket = ada.begin(content)
    assert (ticket["url"], ticket["headers"]) == (
        ticket["parts"][0]["url"],
        ticket["parts"][0]["headers"],
    )
    assert ada.put(ticket, content).status_code in (200, 204)
    arrived = ada.get(f"/files/upload/{ticket['key']}").json
    assert (arrived["url"], arrived["headers"]) == (None, None)
    assert ada.commit(ticket).status_code == 200


def test_ticket_of_several_parts_has_none(make_site: MakeSite) -> None:
    ada = make_site(DOVETAIL_FILES_PART_BYTES=64 * 1024).visitor()
    ticket = ada.begin(bytes(64 * 1024 + 1))
    assert (ticket["url"], ticket["headers"]) == (None, None)
    ada.put(ticket["parts"][0], bytes(64 * 1024))
    assert ada.get(f"/files/upload/{ticket['key']}").json["url"] is None
