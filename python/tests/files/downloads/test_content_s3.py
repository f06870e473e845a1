"""Contents that a real S3 server gives out, by addresses that the app signs."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from werkzeug.test import TestResponse

from flask_dovetail.files import FilePolicy, content_url, store_file
from flask_dovetail.files.downloads.routes import MOST_STORE_LINK_SECONDS
from support.files_site import FilesSite, MakeSite

TEXT = bytes(range(1, 256)) * 100
NAME = "한국어 보고서 (최종).html"


@pytest.fixture
def site(make_site: MakeSite, s3_config: dict[str, Any]) -> FilesSite:
    return make_site(policies={"file": FilePolicy(may_read=lambda *_: True)}, **s3_config)


def stored(site: FilesSite, **said: str) -> str:
    """The path of a content."""
    about = {"name": "a.txt", "content_type": "text/plain", **said}
    with site.app.test_request_context():
        file = store_file(TEXT, owner="ada", purpose="file", **about)
        return urlsplit(content_url(file)).path


def followed(answer: TestResponse, **headers: str) -> requests.Response:
    """What a browser gets, who sends its own headers again to where it is sent."""
    assert answer.status_code == 302, answer.text
    return requests.get(answer.headers["Location"], headers=headers, timeout=30)


def test_the_store_gives_out_the_bytes(site: FilesSite) -> None:
    answer = followed(site.stranger().get(stored(site)))
    assert (answer.status_code, answer.content) == (200, TEXT)
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'inline; filename="a.txt"'


def test_the_store_says_any_name_and_no_type_that_a_page_could_load(site: FilesSite) -> None:
    answer = followed(site.stranger().get(stored(site, name=NAME, content_type="text/html")))
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"] == (
        'attachment; filename="___ ___ (__).html"; '
        "filename*=UTF-8''%ED%95%9C%EA%B5%AD%EC%96%B4%20%EB%B3%B4%EA%B3%A0%EC%84%9C%20%28"
        "%EC%B5%9C%EC%A2%85%29.html"
    )


def test_ranges_are_the_stores_to_answer(site: FilesSite) -> None:
    asked = {"Range": "bytes=100-199"}
    answer = followed(site.stranger().get(stored(site), headers=asked), **asked)
    assert (answer.status_code, answer.content) == (206, TEXT[100:200])


def test_a_browser_keeps_the_address_no_longer_than_it_lives(site: FilesSite) -> None:
    answer = site.stranger().get(stored(site))
    assert answer.headers["Cache-Control"] == f"private, max-age={MOST_STORE_LINK_SECONDS - 30}"
    assert f"X-Amz-Expires={MOST_STORE_LINK_SECONDS}" in answer.headers["Location"]


def test_signed_address_cannot_be_changed(site: FilesSite) -> None:
    url = site.stranger().get(stored(site, content_type="text/html")).headers["Location"]
    for said, instead in (("attachment", "inline"), ("octet-stream", "x-html"), ("=900", "=9000")):
        assert said in url
        assert requests.get(url.replace(said, instead), timeout=30).status_code == 403


def test_the_app_itself_answers_who_wants_no_bytes(site: FilesSite) -> None:
    """The address is signed for GET alone."""
    path = stored(site)
    head = site.stranger().head(path)
    assert (head.status_code, head.headers["Content-Length"]) == (200, str(len(TEXT)))
    again = site.stranger().get(path, headers={"If-None-Match": head.headers["ETag"]})
    assert again.status_code == 304


def test_the_store_alone_opens_nothing(site: FilesSite) -> None:
    url = site.stranger().get(stored(site)).headers["Location"]
    assert requests.get(url.partition("?")[0], timeout=30).status_code == 403


def test_person_without_permission_is_not_redirected(
    make_site: MakeSite, s3_config: dict[str, Any]
) -> None:
    site = make_site(**s3_config)
    path = stored(site)
    answer = site.stranger().get(path)
    assert (answer.status_code, "Location" in answer.headers) == (404, False)
