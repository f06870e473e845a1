"""Policies accept a type under each of its names, and a file whose browser knew no type."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from flask_dovetail import FilePolicy
from support.files_site import FilesSite

MakeSite = Callable[..., FilesSite]


@pytest.mark.parametrize(
    ("types", "name", "declared", "kept"),
    [
        (("application/zip",), "a.zip", "application/x-zip-compressed", None),
        (("image/*",), "IMG_0001.HEIC", "application/octet-stream", "image/heic"),
        (("text/csv",), "table.csv", "application/vnd.ms-excel", "text/csv"),
        (("*/*",), "IMG_0001.HEIC", "application/octet-stream", None),
    ],
)
def test_genuine_file_becomes_a_file_of_the_type_that_the_policy_knows(
    make_site: MakeSite, types: tuple[str, ...], name: str, declared: str, kept: str | None
) -> None:
    ada = make_site(policies={"file": FilePolicy(types=types)}).visitor()
    ticket = ada.begin(b"bytes", name=name, content_type=declared)
    ada.send(ticket, b"bytes")
    file = ada.commit(ticket).json
    assert (ticket["content_type"], file["content_type"]) == (kept or declared, kept or declared)


def test_extension_does_not_outweigh_a_type_that_a_browser_knew(make_site: MakeSite) -> None:
    ada = make_site(policies={"file": FilePolicy(types=("image/*",))}).visitor()
    refused = ada.presign(b"<html>", name="a.png", content_type="text/html")
    assert refused.json["code"] == "FILE_TYPE_NOT_ALLOWED"


def test_page_that_passes_by_its_extension_is_still_looked_at(make_site: MakeSite) -> None:
    ada = make_site(policies={"file": FilePolicy(types=("image/*",))}).visitor()
    ticket = ada.sent(b"<html>", name="a.png", content_type="application/octet-stream")
    assert ada.commit(ticket).json["code"] == "FILE_TYPE_MISMATCH"
