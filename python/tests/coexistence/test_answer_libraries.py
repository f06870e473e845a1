"""Flask-Limiter, Flask-Caching, Flask-Compress and Flask-Babel beside Dovetail."""

from __future__ import annotations

import logging
from itertools import count
from typing import Any

import pytest
from flask import Flask, Response, abort, request
from flask.views import MethodView
from flask_babel import Babel, gettext, lazy_gettext
from flask_caching import Cache
from flask_compress import Compress
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

from flask_dovetail import (
    Dovetail,
    FilePolicy,
    Problem,
    current_identity,
    operation,
    signed_in,
    store_file,
)
from support.existing_app import (
    ACCEPTED,
    HTML,
    Apps,
    check_password,
    load_user,
    same,
    same_for_all,
    sign_in,
)

pytestmark = pytest.mark.long

# Flask-Limiter


def limiter(app: Flask) -> None:
    limiter = Limiter(
        get_remote_address,
        app=app,
        default_limits=["3 per day"],
        storage_uri="memory://",
        headers_enabled=True,
    )

    @limiter.request_filter
    def is_dovetails() -> bool:
        return "all" not in request.args and (request.endpoint or "").startswith("dovetail_")

    @app.get("/feed")
    def feed() -> str:
        return "feed"

    @app.get("/strict")
    @limiter.limit("1 per day", error_message="slowly")
    def strict() -> str:
        return "strict"

    @app.get("/free")
    @limiter.exempt
    def free() -> str:
        return "free"

    @app.get("/ours")
    @limiter.limit("1 per day")
    @signed_in
    @operation()
    def ours() -> dict[str, bool]:
        return {"ours": True}


TIMES = {"X-RateLimit-Reset", "Retry-After"}


def same_but_times(was: Any, now: Any) -> None:
    """The two apps count their windows from different moments, a little apart."""
    for name in TIMES & set(was.headers.keys()):
        assert abs(int(was.headers[name]) - int(now.headers[name])) < 60
    for answer in (was, now):
        for name in TIMES:
            answer.headers.pop(name, None)
    same(was, now)


def test_limiter_counts_and_refuses_as_before(apps: Apps) -> None:
    was, now = (app.test_client() for app in apps.build(limiter))
    for path in ("/feed", "/strict", "/free"):
        statuses = []
        for _ in range(5):
            answers = (was.get(path, headers=HTML), now.get(path, headers=HTML))
            same_but_times(*answers)
            statuses.append(answers[1].status_code)
        assert statuses.count(429) == {"/feed": 2, "/strict": 4, "/free": 0}[path]


def test_a_refusal_of_the_limiter_is_a_problem_on_our_views(apps: Apps) -> None:
    _, app = apps.build(limiter)
    now = app.test_client()
    sign_in(now)
    assert now.get("/ours").json == {"ours": True}
    refused = now.get("/ours")
    assert (refused.status_code, refused.json["code"]) == (429, "TOO_MANY_REQUESTS")
    assert int(refused.headers["Retry-After"]) > 0
    assert refused.headers["X-RateLimit-Limit"] == "1"


def test_its_defaults_count_dovetails_routes_unless_it_is_told(apps: Apps) -> None:
    """docs/adopting.md shows the filter that leaves them out."""
    _, app = apps.build(limiter)
    now = app.test_client()
    assert {now.get("/api/csrf-token").status_code for _ in range(5)} == {200}
    counted = [now.get("/auth/session?all").status_code for _ in range(5)]
    assert counted == [200, 200, 200, 429, 429]
    assert now.get("/auth/session?all", headers=HTML).json["code"] == "TOO_MANY_REQUESTS"


# Flask-Caching


def caching(app: Flask) -> None:
    cache = Cache(app, config={"CACHE_TYPE": "SimpleCache", "CACHE_DEFAULT_TIMEOUT": 300})
    numbers = count()

    @app.get("/counted")
    @cache.cached()
    def counted() -> str:
        return f"<p>{next(numbers)}</p>"

    @app.get("/by-query")
    @cache.cached(query_string=True)
    def by_query() -> dict[str, Any]:
        return {"number": next(numbers), "q": request.args.get("q")}

    @app.get("/response")
    @cache.cached(response_filter=lambda answer: answer.status_code == 200)
    def response() -> Response:
        return Response("made", headers={"X-Made": str(next(numbers))})

    @app.get("/gone")
    @cache.cached()
    def gone() -> str:
        abort(410)

    @app.get("/typed")
    @cache.cached()
    @operation()
    def typed() -> dict[str, int]:
        return {"number": next(numbers)}


def test_caching_keeps_its_answers(apps: Apps) -> None:
    was, now = (app.test_client() for app in apps.build(caching))
    requests = [("GET", path) for path in ("/counted", "/by-query?q=a", "/by-query?q=b")]
    requests += [("GET", "/response"), ("GET", "/response"), ("GET", "/gone")]
    for _ in range(3):
        same_for_all(was, now, requests, headers=HTML)
    assert now.get("/counted").text == "<p>0</p>"
    assert len({now.get("/typed").data for _ in range(3)}) == 1
    ids = {now.get(path).headers["X-Request-Id"] for path in ("/counted", "/counted", "/typed")}
    assert len(ids) == 3


def test_a_cache_around_a_guard_is_warned_of(apps: Apps, caplog: pytest.LogCaptureFixture) -> None:
    """It would give one person's answer to everybody, strangers included."""

    def build(app: Flask) -> None:
        cache = Cache(app, config={"CACHE_TYPE": "SimpleCache"})

        def who() -> str:
            identity = current_identity()
            assert identity is not None
            return identity.subject

        app.add_url_rule("/above", "above", cache.cached()(signed_in(who)))
        app.add_url_rule("/below", "below", signed_in(cache.cached()(lambda: "for all")))

        class Thing(MethodView):
            decorators = [cache.cached()]  # noqa: RUF012

            @signed_in
            def get(self) -> str:
                return who()

        app.add_url_rule("/class", view_func=Thing.as_view("class"))
        app.add_url_rule("/none", "none", cache.cached()(lambda: "public"))

    _, app = apps.build(build)
    now = app.test_client()
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            assert now.get("/below").status_code == 401
    warned = [r.getMessage() for r in caplog.records if "Flask-Caching" in r.getMessage()]
    assert len(warned) == 1
    assert "'above', 'class'," in warned[0]
    assert "'below'" not in warned[0]
    assert "'none'" not in warned[0]
    assert "\n  key:  @signed_in\n  cure: " in warned[0]


# Flask-Compress


def compress(app: Flask) -> None:
    Compress(app)

    @app.get("/page")
    def page() -> str:
        return "<p>long</p>" * 200

    @app.get("/stream")
    def stream() -> Response:
        return Response(("line\n" for _ in range(500)), mimetype="text/plain")

    @app.get("/tagged")
    def tagged() -> Response:
        answer = Response("long text " * 100, mimetype="text/plain")
        answer.set_etag("tag")
        return answer

    @app.get("/short")
    def short() -> str:
        return "short"

    @app.get("/typed")
    @operation()
    def typed() -> list[str]:
        return ["long"] * 500


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate", "zstd", "br;q=0.5, gzip", "", None])
def test_compress_keeps_its_answers(apps: Apps, encoding: str | None) -> None:
    was, now = (app.test_client() for app in apps.build(compress))
    accepted = {} if encoding is None else {"Accept-Encoding": encoding}
    requests = [("GET", path) for path in ("/page", "/stream", "/tagged", "/short", "/nowhere")]
    requests.append(("HEAD", "/page"))
    answers = same_for_all(was, now, requests, headers={**HTML, **accepted})
    assert ("Content-Encoding" in answers[0].headers) == bool(encoding)
    tag = {"If-None-Match": answers[2].headers["ETag"]}
    (again,) = same_for_all(was, now, [("GET", "/tagged")], headers={**accepted, **tag})
    assert again.status_code == (304 if encoding else 200)  # it looks only where it compresses
    typed = now.get("/typed", headers=accepted)
    assert ("Content-Encoding" in typed.headers) == bool(encoding)
    refused = now.get("/api/me", headers=accepted)
    assert refused.json["code"] == "UNAUTHENTICATED"


def test_compress_leaves_parts_of_files_alone(apps: Apps) -> None:
    """A range of a file is a range of its bytes: compressed, it could not be joined to the rest."""

    def build(app: Flask) -> None:
        Compress(app)

    with_files = Dovetail(
        authenticate=check_password, load_identity=load_user, files={"file": FilePolicy()}
    )
    _, app = apps.build(build, dovetail=with_files)
    content = b"a line of text\n" * 200
    with app.app_context():
        file = store_file(
            content, name="note.txt", content_type="text/plain", owner="1", purpose="file"
        )
    now = app.test_client()
    sign_in(now)
    address = f"/files/{file.id}/content"
    accepted = {"Accept-Encoding": "gzip, br, zstd, deflate"}
    part = now.get(address, headers={**accepted, "Range": "bytes=0-999"}, buffered=True)
    assert (part.status_code, part.data) == (206, content[:1000])
    assert "Content-Encoding" not in part.headers
    whole = now.get(address, headers=accepted, buffered=True)
    rest = now.get(
        address,
        headers={**accepted, "Range": "bytes=1000-", "If-Range": whole.headers["ETag"]},
        buffered=True,
    )
    assert (rest.status_code, part.data + rest.data) == (206, content)


# Flask-Babel


def babel(app: Flask) -> None:
    Babel(
        app,
        locale_selector=lambda: request.accept_languages.best_match(["ko", "en"], "en"),
        timezone_selector=lambda: "Asia/Seoul",
    )

    class Taken(Problem, code="TAKEN", status=409, title="Taken"):
        """With a text of the reader's language."""

    @app.get("/hello")
    def hello() -> str:
        from datetime import UTC, datetime

        from flask_babel import format_datetime, get_locale

        moment = format_datetime(datetime(2026, 12, 1, 3, 0, tzinfo=UTC))
        return f"{get_locale()} {gettext('hello')} {moment}"

    @app.get("/gone")
    def gone() -> str:
        abort(410, lazy_gettext("It was here."))

    @app.get("/taken")
    def taken() -> str:
        raise Taken(lazy_gettext("The name is taken."), hint=lazy_gettext("Take another."))

    @app.get("/typed")
    @operation(problems=[Taken])
    def typed() -> dict[str, str]:
        if "taken" in request.args:
            raise Taken(lazy_gettext("The name is taken."))
        return {"text": gettext("hello")}


@pytest.mark.parametrize("language", ["ko", "en", "de", None])
def test_babel_keeps_its_answers(apps: Apps, language: str | None) -> None:
    was, now = (app.test_client() for app in apps.build(babel))
    spoken = {} if language is None else {"Accept-Language": language}
    (hello,) = same_for_all(was, now, [("GET", "/hello")], headers=spoken)
    assert hello.text.startswith("ko" if language == "ko" else "en")
    same_for_all(was, now, [("GET", "/gone")], headers={**spoken, **HTML})


def test_lazy_texts_are_read_in_problems(apps: Apps) -> None:
    _, app = apps.build(babel)
    now = app.test_client()
    for accepted in ACCEPTED:
        typed = now.get("/typed?taken", headers=accepted)
        assert (typed.status_code, typed.json["detail"]) == (409, "The name is taken.")
    assert now.get("/taken").json["hint"] == "Take another."
    assert "The name is taken." in now.get("/taken", headers=HTML).text
    assert now.get("/gone").json["detail"] == "It was here."
