"""An upload from its announcement to the file."""

from __future__ import annotations

from files_site import Visitor


def test_a_file_goes_up_in_one_part_and_is_listed(ada: Visitor) -> None:
    file = ada.upload(b"hello")
    assert (file["name"], file["content_type"], file["size"]) == ("note.txt", "text/plain", 5)
    assert ada.read(file) == b"hello"
    assert [each["id"] for each in ada.get("/files").json["items"]] == [file["id"]]
