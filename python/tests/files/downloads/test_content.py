"""`GET /files/<id>/content`: who gets the bytes, which of them, and what a browser may do then."""

from __future__ import annotations

import os
import tracemalloc
from datetime import UTC, datetime
from email.parser import BytesParser
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from flask.testing import FlaskClient
from werkzeug.http import http_date, parse_options_header
from werkzeug.test import TestResponse

from flask_dovetail import auth
from flask_dovetail.auth import Identity
from flask_dovetail.files import File, FilePolicy, content_url, store_file
from flask_dovetail.files.downloads.routes import FOR_EVERYBODY, FOR_ONE, PLAYER_POLICY, POLICY
from flask_dovetail.files.tables import files
from support.files_site import SECRET_KEY, FilesSite, MakeSite, Visitor

PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)
TEXT = bytes(range(1, 256)) * 100


@pytest.fixture
def public(make_site: MakeSite) -> FilesSite:
    """A site whose first purpose is for everybody to read."""
    return make_site(policies={"file": FilePolicy(may_read=lambda *_: True)})


def get(who: FlaskClient | Visitor, url: str, **kwargs: Any) -> TestResponse:
    """Ask as an `<img>` does, with nothing but cookies, and read it all."""
    client = who.client if isinstance(who, Visitor) else who
    parts = urlsplit(url)
    return client.get(f"{parts.path}?{parts.query}", buffered=True, **kwargs)


def path_of(file: dict[str, Any]) -> str:
    return f"/files/{file['id']}/content"


class TestWho:
    def test_an_address_opens_the_file_without_credentials(
        self, site: FilesSite, ada: Visitor
    ) -> None:
        file = ada.upload(b"hello")
        answer = get(site.stranger(), file["content_url"])
        assert (answer.status_code, answer.data) == (200, b"hello")
        assert answer.headers["Cache-Control"] == FOR_ONE
        assert "Vary" not in answer.headers

    def test_the_owner_gets_it_by_the_cookie(self, ada: Visitor) -> None:
        answer = get(ada, path_of(ada.upload(b"hello")))
        assert (answer.status_code, answer.data) == (200, b"hello")
        assert answer.headers["Cache-Control"] == FOR_ONE
        assert "Cookie" in answer.headers["Vary"]

    def test_for_others_it_is_not_there(self, site: FilesSite, ada: Visitor, bob: Visitor) -> None:
        path = path_of(ada.upload())
        for client in (bob, site.stranger()):
            answer = get(client, path)
            assert (answer.status_code, answer.json["code"]) == (404, "NOT_FOUND")
            assert answer.headers["Cache-Control"] == "no-store"

    def test_a_policy_decides_who_may_read(self, make_site: MakeSite) -> None:
        site = make_site(
            policies={"file": FilePolicy(may_read=lambda _, who: who is not None)},
        )
        path = path_of(site.visitor("ada").upload(b"hello"))
        assert get(site.visitor("bob"), path).data == b"hello"
        assert get(site.stranger(), path).status_code == 404

    def test_a_file_for_everybody_has_one_lasting_address(self, public: FilesSite) -> None:
        ada, bob = public.visitor("ada"), public.visitor("bob")
        file = ada.upload(b"hello")
        assert file["content_url_expires_at"] is None
        assert file["content_url"] == bob.get(f"/files/{file['id']}").json["content_url"]
        assert urlsplit(file["content_url"]).query == ""
        for client in (public.stranger(), bob):
            answer = get(client, file["content_url"])
            assert answer.data == b"hello"
            assert answer.headers["Cache-Control"] == FOR_EVERYBODY
            assert "Vary" not in answer.headers  # one answer for everybody: no cookie was looked at
            assert "Set-Cookie" not in answer.headers

    def test_deleted_file_is_gone_at_every_address(self, site: FilesSite, ada: Visitor) -> None:
        file = ada.upload()
        ada.delete(f"/files/{file['id']}")
        assert get(site.stranger(), file["content_url"]).status_code == 404
        assert get(ada, path_of(file)).status_code == 404

    def test_unknown_file_is_not_found(self, site: FilesSite) -> None:
        assert get(site.stranger(), f"/files/{'0' * 8}-0000-4000-8000-{'0' * 12}/content").json[
            "code"
        ] == ("NOT_FOUND")

    def test_bytes_that_have_gone_are_not_found_and_logged(
        self, site: FilesSite, ada: Visitor, caplog: pytest.LogCaptureFixture
    ) -> None:
        file = ada.upload(b"hello")
        with site.inside() as known:
            kept = known.rows.find_file(file["id"])
            assert kept is not None
            place = known.store.path(kept.key)
        assert place is not None
        place.write_bytes(b"hell")
        assert get(ada, path_of(file)).status_code == 404
        place.unlink()
        assert get(ada, path_of(file)).status_code == 404
        assert [record.getMessage() for record in caplog.records] == [
            f"The bytes of file {file['id']} are not in the store."
        ] * 2


class TestLink:
    def test_it_is_the_same_for_a_whole_window_and_lives_longer(
        self, site: FilesSite, ada: Visitor
    ) -> None:
        file = ada.upload()
        window = site.files.settings.link_seconds
        site.clock.now = (site.clock.now // window + 1) * window  # the beginning of one
        url = ada.get(f"/files/{file['id']}").json["content_url"]
        site.clock.advance(window - 1)
        assert ada.get(f"/files/{file['id']}").json["content_url"] == url
        site.clock.advance(window)
        assert get(site.stranger(), url).status_code == 200
        assert ada.get(f"/files/{file['id']}").json["content_url"] != url
        site.clock.advance(1)
        assert get(site.stranger(), url).status_code == 404

    def test_it_says_when_it_stops(self, site: FilesSite, ada: Visitor) -> None:
        file = ada.upload()
        query = parse_qs(urlsplit(file["content_url"]).query)
        told = int(query["expires"][0])
        window = site.files.settings.link_seconds
        assert site.clock.now + window <= told <= site.clock.now + 2 * window
        assert file["content_url_expires_at"] == http_iso(told)

    def test_it_dies_with_the_login_that_it_was_made_for(
        self, site: FilesSite, ada: Visitor
    ) -> None:
        again = site.visitor("ada")
        file = ada.upload()
        other = again.get(f"/files/{file['id']}").json["content_url"]
        assert ada.post("/auth/logout").status_code == 204
        assert get(site.stranger(), file["content_url"]).status_code == 404
        assert get(site.stranger(), other).status_code == 200

    def test_it_dies_with_the_account(self, site: FilesSite, ada: Visitor) -> None:
        """At once, whoever disabled it and whether the person comes back to notice or not."""
        file = ada.upload()
        site.people["ada"] = None
        assert get(site.stranger(), file["content_url"]).status_code == 404

    def test_it_dies_with_the_right_to_read(self, make_site: MakeSite) -> None:
        """A right that is taken away takes the addresses that were given for it."""
        readers = {"ada", "bob"}

        def may_read(_file: File, identity: Identity | None) -> bool:
            return identity is not None and identity.subject in readers

        site = make_site(policies={"file": FilePolicy(may_read=may_read)})
        file = site.visitor("ada").upload()
        url = site.visitor("bob").get(f"/files/{file['id']}").json["content_url"]
        assert get(site.stranger(), url).status_code == 200
        readers.remove("bob")
        assert get(site.stranger(), url).status_code == 404
        assert get(site.stranger(), f"{url}&granted=true").status_code == 404
        assert get(site.stranger(), file["content_url"]).status_code == 200

    def test_address_of_an_ended_login_opens_with_a_cookie(
        self, site: FilesSite, ada: Visitor
    ) -> None:
        again = site.visitor("ada")
        file = ada.upload()
        assert ada.post("/auth/logout").status_code == 204
        assert get(again, file["content_url"]).status_code == 200

    @pytest.mark.parametrize("name", ["expires", "subject", "login", "signature"])
    def test_nothing_of_it_can_be_changed_or_left_out(
        self, site: FilesSite, ada: Visitor, name: str
    ) -> None:
        file = ada.upload()
        query = dict(parse_qs(urlsplit(file["content_url"]).query))
        value = query[name][0]
        changed = str(int(value) + 1) if name == "expires" else value[:-1] + "."
        for other in ({name: changed}, {name: ""}, {name: "é"}):
            written = urlencode({**query, **other}, doseq=True)
            answer = get(site.stranger(), f"{path_of(file)}?{written}")
            assert answer.status_code in (404, 422)  # 422: expires is no number
        del query[name]
        left = urlencode(query, doseq=True)
        assert get(site.stranger(), f"{path_of(file)}?{left}").status_code == 404

    def test_it_opens_no_other_file(self, site: FilesSite, ada: Visitor) -> None:
        one, other = ada.upload(), ada.upload()
        query = urlsplit(one["content_url"]).query
        assert get(site.stranger(), f"{path_of(other)}?{query}").status_code == 404

    def test_the_address_of_a_part_opens_no_file(self, site: FilesSite, ada: Visitor) -> None:
        """Signatures of one use are worth nothing for another, whatever they cover."""
        with site.inside() as known:
            signature = known.signer.sign("read a file", "x", "ada", "login", "1")
            assert not known.link_signer.verify(signature, "read a file", "x", "ada", "login", "1")

    def test_addresses_of_an_older_secret_key_still_open(
        self, make_site: MakeSite, tmp_path: Any
    ) -> None:
        site = make_site()
        ada = site.visitor("ada")
        file = ada.upload()
        renewed = make_site(
            SECRET_KEY="another key that is long enough",
            SECRET_KEY_FALLBACKS=[SECRET_KEY],
            DOVETAIL_FILES_FOLDER=str(site.files.folder),
            engine=site.files.engine,
        )
        renewed.clock.now = site.clock.now
        assert get(renewed.stranger(), file["content_url"]).status_code == 200

    def test_the_application_gives_it_to_who_asks(self, make_site: MakeSite) -> None:
        site = make_site(
            policies={"file": FilePolicy(), "sign": FilePolicy(may_read=lambda *_: True)}
        )

        @site.app.get("/mine")
        @auth.signed_in
        def mine() -> list[str]:
            made = [
                store_file(b"hi", name="a.txt", content_type="text/plain", owner="x", purpose=each)
                for each in ("file", "sign")
            ]
            return [content_url(file) for file in made]

        private, public = site.visitor("ada").get("/mine").json
        assert "signature=" in private
        assert "signature=" not in public
        assert get(site.stranger(), private).data == get(site.stranger(), public).data == b"hi"

    def test_it_works_in_the_token_strategy(self, make_site: MakeSite) -> None:
        """Where `<img>` cannot send the access token."""
        site = make_site(DOVETAIL_AUTH_STRATEGY="token")

        @site.app.get("/mine")
        @auth.signed_in
        def mine() -> str:
            return content_url(
                store_file(
                    b"hi", name="a.txt", content_type="text/plain", owner="ada", purpose="file"
                )
            )

        client = site.stranger()
        body = {"email": "ada@example.com", "password": "x" * 12}
        signed_in = client.post("/auth/login", json=body)
        bearer = {"Authorization": f"Bearer {signed_in.json['access_token']}"}
        url = client.get("/mine", headers=bearer).text
        assert get(site.stranger(), url).data == b"hi"
        ended = client.post("/auth/logout", headers=bearer)
        assert ended.status_code == 204
        assert get(site.stranger(), url).status_code == 404


def http_iso(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")


class TestHeaders:
    def test_a_picture_is_shown_and_can_do_nothing(self, ada: Visitor) -> None:
        file = ada.upload(PNG, name="ein Bild.png", content_type="image/png")
        headers = get(ada, path_of(file)).headers
        assert headers["Content-Type"] == "image/png"
        assert headers["Content-Disposition"] == 'inline; filename="ein Bild.png"'
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Content-Security-Policy"] == POLICY
        assert POLICY.startswith("sandbox; default-src 'none'")
        assert "allow-" not in POLICY
        assert "script-src" not in POLICY
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["Accept-Ranges"] == "bytes"
        assert headers["ETag"] == f'"{file["id"]}"'

    def test_a_film_can_be_played_in_a_window_of_its_own_and_do_nothing(self, ada: Visitor) -> None:
        film = b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isommp41"
        file = ada.upload(film, name="a.mp4", content_type="video/mp4")
        policy = get(ada, path_of(file)).headers["Content-Security-Policy"]
        assert policy == PLAYER_POLICY
        assert policy.startswith("sandbox allow-same-origin; default-src 'none'; ")
        assert "script" not in policy
        saved = get(ada, f"{path_of(file)}?download=1").headers
        assert saved["Content-Security-Policy"] == POLICY

    @pytest.mark.parametrize(
        ("content_type", "content", "sent"),
        [
            ("text/html", b"<script>alert(1)</script>", "application/octet-stream"),
            ("text/javascript", b"alert(1)", "application/octet-stream"),
            ("text/css", b"* { display: none }", "application/octet-stream"),
            ("application/xml", b"<a/>", "application/octet-stream"),
            ("application/xhtml+xml", b"<html/>", "application/octet-stream"),
            ("image/svg+xml", b"<svg><script>alert(1)</script></svg>", "image/svg+xml"),
            ("application/pdf", b"%PDF-1.7", "application/pdf"),
            ("application/x-unknown", b"<html>", "application/x-unknown"),
            ("multipart/x-mixed-replace", b"<html>", "multipart/x-mixed-replace"),
        ],
    )
    def test_active_content_is_saved_and_not_shown(
        self, ada: Visitor, content_type: str, content: bytes, sent: str
    ) -> None:
        file = ada.upload(content, content_type=content_type)
        headers = get(ada, path_of(file)).headers
        assert headers["Content-Disposition"].startswith("attachment; ")
        assert headers["Content-Type"] == sent
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in headers["Content-Security-Policy"]

    def test_a_polyglot_is_sent_as_what_it_was_taken_for_and_nothing_else(
        self, ada: Visitor
    ) -> None:
        file = ada.upload(b"GIF89a=1;alert(1)//<script>", content_type="image/gif", name="a.html")
        headers = get(ada, path_of(file)).headers
        assert headers["Content-Type"] == "image/gif"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in headers["Content-Security-Policy"]

    def test_picture_can_be_downloaded(self, ada: Visitor) -> None:
        file = ada.upload(PNG, content_type="image/png", name="a.png")
        for url in (f"{path_of(file)}?download=1", f"{file['content_url']}&download=1"):
            disposition = get(ada, url).headers["Content-Disposition"]
            assert disposition == 'attachment; filename="a.png"'

    @pytest.mark.parametrize(
        "name", ["한국어 보고서.txt", 'a"; filename=b.exe', "a;b.txt", "100%.txt", "👩‍👩‍👧.png"]
    )
    def test_any_name_arrives(self, ada: Visitor, name: str) -> None:
        value = get(ada, path_of(ada.upload(name=name))).headers["Content-Disposition"]
        kind, options = parse_options_header(value)
        assert (kind, options["filename"]) == ("inline", name)

    def test_the_type_of_text_names_its_encoding(self, ada: Visitor) -> None:
        assert (
            get(ada, path_of(ada.upload())).headers["Content-Type"] == "text/plain; charset=utf-8"
        )


class TestRanges:
    @pytest.fixture
    def path(self, ada: Visitor) -> str:
        return path_of(ada.upload(TEXT))

    def test_head_is_get_without_the_body(self, ada: Visitor, path: str) -> None:
        whole, head = get(ada, path), ada.client.head(path)
        assert dict(whole.headers) == dict(head.headers)
        assert head.headers["Content-Length"] == str(len(TEXT))
        assert (whole.data, head.data) == (TEXT, b"")

    def test_head_leaves_a_range_out_of_account(self, ada: Visitor, path: str) -> None:
        head = ada.client.head(path, headers={"Range": "bytes=0-1"})
        assert (head.status_code, head.headers["Content-Length"]) == (200, str(len(TEXT)))

    @pytest.mark.parametrize(
        ("asked", "start", "stop"),
        [("0-0", 0, 1), ("100-199", 100, 200), ("25000-", 25000, 25500), ("-7", 25493, 25500)],
    )
    def test_a_range_is_those_bytes(
        self, ada: Visitor, path: str, asked: str, start: int, stop: int
    ) -> None:
        answer = get(ada, path, headers={"Range": f"bytes={asked}"})
        assert answer.status_code == 206
        assert answer.data == TEXT[start:stop]
        assert answer.headers["Content-Range"] == f"bytes {start}-{stop - 1}/25500"
        assert answer.headers["Content-Length"] == str(stop - start)
        assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"

    def test_several_ranges_travel_as_parts(self, ada: Visitor, path: str) -> None:
        answer = get(ada, path, headers={"Range": "bytes=9000-9001,40-44,-1"})
        assert answer.status_code == 206
        assert "Content-Range" not in answer.headers
        assert answer.headers["Content-Length"] == str(len(answer.data))
        assert answer.headers["Content-Disposition"] == 'inline; filename="note.txt"'
        header = f"Content-Type: {answer.headers['Content-Type']}\r\n".encode()
        parts = BytesParser().parsebytes(header + answer.data).get_payload()
        assert isinstance(parts, list)
        assert [part["Content-Range"] for part in parts] == [
            "bytes 9000-9001/25500",
            "bytes 40-44/25500",
            "bytes 25499-25499/25500",
        ]
        assert [part.get_payload(decode=True) for part in parts] == [
            TEXT[9000:9002],
            TEXT[40:45],
            TEXT[-1:],
        ]

    def test_a_hundred_ranges_are_answered_with_the_file_once(
        self, ada: Visitor, path: str
    ) -> None:
        many = ",".join(f"{place}-{place}" for place in range(0, 25000, 250))
        answer = get(ada, path, headers={"Range": f"bytes={many}"})
        assert (answer.status_code, answer.data) == (200, TEXT)

    def test_beyond_the_end_the_size_is_told(self, ada: Visitor, path: str) -> None:
        answer = get(ada, path, headers={"Range": "bytes=25500-"})
        assert (answer.status_code, answer.json["code"]) == (416, "RANGE_NOT_SATISFIABLE")
        assert answer.headers["Content-Range"] == "bytes */25500"

    def test_nonsense_is_answered_with_all_of_it(self, ada: Visitor, path: str) -> None:
        assert get(ada, path, headers={"Range": "bytes=b-a"}).data == TEXT

    def test_a_range_of_another_file_than_the_client_has_does_not_count(
        self, site: FilesSite, ada: Visitor, path: str
    ) -> None:
        etag = ada.client.head(path).headers["ETag"]
        date = ada.client.head(path).headers["Last-Modified"]
        for holds in (etag, date):
            sent = {"Range": "bytes=0-1", "If-Range": holds}
            assert get(ada, path, headers=sent).status_code == 206
        for differs in ('"other"', f"W/{etag}", http_date(site.clock.now - 60)):
            sent = {"Range": "bytes=0-1", "If-Range": differs}
            assert get(ada, path, headers=sent).status_code == 200

    def test_an_empty_file_is_empty(self, ada: Visitor) -> None:
        path = path_of(ada.upload(b""))
        answer = get(ada, path)
        assert (answer.status_code, answer.data) == (200, b"")
        assert answer.headers["Content-Length"] == "0"
        assert get(ada, path, headers={"Range": "bytes=0-"}).status_code == 416

    def test_beyond_four_gibibytes_bytes_are_where_they_should_be(
        self, site: FilesSite, ada: Visitor
    ) -> None:
        file = ada.upload(b"hello")
        place = 4 * 1024**3 + 12_345
        with site.inside() as known:
            kept = known.rows.find_file(file["id"])
            assert kept is not None
            path = known.store.path(kept.key)
            assert path is not None
            with path.open("r+b") as content:  # sparse: it takes a block or two
                content.seek(place)
                content.write(b"far away")
            with known.engine().begin() as connection:
                connection.execute(files.update().values(size=place + 8))
        answer = get(ada, path_of(file), headers={"Range": f"bytes={place}-{place + 7}"})
        assert (answer.status_code, answer.data) == (206, b"far away")
        assert answer.headers["Content-Range"] == f"bytes {place}-{place + 7}/{place + 8}"
        answer = get(ada, path_of(file), headers={"Range": "bytes=0-4,-4"})
        assert b"hello" in answer.data
        assert b"away" in answer.data
        assert ada.client.head(path_of(file)).headers["Content-Length"] == str(place + 8)


class TestSending:
    """What is in memory at any time is a piece, whatever the size."""

    SIZE = 64 * 1024 * 1024

    @pytest.fixture
    def large(self, site: FilesSite, ada: Visitor) -> tuple[str, Path]:
        """The path of a content of `SIZE` bytes, and where it lies."""
        file = ada.upload(b"hello")
        with site.inside() as known:
            kept = known.rows.find_file(file["id"])
            assert kept is not None
            place = known.store.path(kept.key)
            assert place is not None
            os.truncate(place, self.SIZE)  # sparse
            with known.engine().begin() as connection:
                connection.execute(files.update().values(size=self.SIZE))
        return path_of(file), place

    @pytest.mark.parametrize(
        "asked", [{}, {"Range": "bytes=1-"}, {"Range": "bytes=-25000000,0-25000000"}]
    )
    def test_a_large_file_takes_little_memory(
        self, ada: Visitor, large: tuple[str, Path], asked: dict[str, str]
    ) -> None:
        with ada.client.get(large[0], headers=asked) as answer:
            tracemalloc.start()
            try:
                sent = sum(len(piece) for piece in answer.iter_encoded())
                most = tracemalloc.get_traced_memory()[1]
            finally:
                tracemalloc.stop()
        assert sent == int(answer.headers["Content-Length"])
        assert sent > 49_000_000
        assert most < 4 * 1024 * 1024

    @pytest.mark.parametrize("asked", [{}, {"Range": "bytes=1-"}, {"Range": "bytes=0-9,5000-"}])
    def test_aborted_download_leaves_no_file_open(
        self,
        site: FilesSite,
        ada: Visitor,
        large: tuple[str, Path],
        asked: dict[str, str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        opened = []
        with site.inside() as known:
            really_open = known.store.open

        def spy(*place: Any) -> Any:
            opened.append(really_open(*place))
            return opened[-1]

        monkeypatch.setattr(known.store, "open", spy)
        with ada.client.get(large[0], headers=asked) as answer:
            pieces = answer.iter_encoded()
            for _ in range(4):  # of several ranges: in the second one
                next(pieces)
            assert not opened[-1].closed
        assert all(each.closed for each in opened)

    def test_response_breaks_off_when_bytes_end_early(
        self, ada: Visitor, large: tuple[str, Path]
    ) -> None:
        """A short answer that looks whole would be taken for the file."""
        with ada.client.get(large[0], headers={"Range": "bytes=1-"}) as answer:
            pieces = answer.iter_encoded()
            next(pieces)
            os.truncate(large[1], 1_000_000)
            with pytest.raises(EOFError):
                list(pieces)


class TestConditions:
    @pytest.fixture
    def file(self, ada: Visitor) -> dict[str, Any]:
        return ada.upload()

    def test_matching_etag_gets_304(self, ada: Visitor, file: dict[str, Any]) -> None:
        whole = get(ada, path_of(file))
        for header in ("ETag", "Last-Modified"):
            ask = {"ETag": "If-None-Match", "Last-Modified": "If-Modified-Since"}[header]
            for method in ("GET", "HEAD"):
                again = ada.client.open(
                    path_of(file),
                    method=method,
                    buffered=True,
                    headers={ask: whole.headers[header]},
                )
                assert (again.status_code, again.data) == (304, b"")
                for name in ("ETag", "Cache-Control", "Content-Security-Policy", "Vary"):
                    assert again.headers[name] == whole.headers[name]
                assert "Content-Length" not in again.headers
                assert "Content-Type" not in again.headers

    def test_other_etag_gets_the_content(self, ada: Visitor, file: dict[str, Any]) -> None:
        answer = get(ada, path_of(file), headers={"If-None-Match": '"other"'})
        assert answer.status_code == 200

    def test_conditions_reveal_nothing_without_permission(
        self, bob: Visitor, file: dict[str, Any]
    ) -> None:
        answer = get(bob, path_of(file), headers={"If-None-Match": f'"{file["id"]}"'})
        assert answer.status_code == 404

    def test_failed_precondition_is_412(
        self, site: FilesSite, ada: Visitor, file: dict[str, Any]
    ) -> None:
        before = http_date(site.clock.now - 60)
        for failing in ({"If-Match": '"other"'}, {"If-Unmodified-Since": before}):
            answer = get(ada, path_of(file), headers=failing)
            assert (answer.status_code, answer.json["code"]) == (412, "PRECONDITION_FAILED")

    def test_a_range_of_what_has_not_changed_is_not_sent_again(
        self, ada: Visitor, file: dict[str, Any]
    ) -> None:
        sent = {"Range": "bytes=0-1", "If-None-Match": f'"{file["id"]}"'}
        assert get(ada, path_of(file), headers=sent).status_code == 304


class TestAcrossOrigins:
    def test_the_page_of_another_origin_may_read_and_caches_keep_the_answers_apart(
        self, make_site: MakeSite
    ) -> None:
        site = make_site(
            policies={"file": FilePolicy(may_read=lambda *_: True)},
            DOVETAIL_API_ORIGIN="https://api.example.com",
            DOVETAIL_FRONTEND_ORIGINS=["https://app.example.com"],
        )
        with site.app.test_request_context():
            file = store_file(b"hi", name="a", content_type="text/plain", owner="x", purpose="file")
            url = content_url(file)
        assert url == f"https://api.example.com/files/{file.id}/content"
        answer = get(site.stranger(), url, headers={"Origin": "https://app.example.com"})
        assert answer.headers["Access-Control-Allow-Origin"] == "https://app.example.com"
        assert answer.headers["Vary"] == "Origin"
        assert get(site.stranger(), url).headers["Vary"] == "Origin"
