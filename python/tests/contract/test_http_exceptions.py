"""Descriptions, headers and answers that an application gives Werkzeug's exceptions are kept."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask, Response, abort, request
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import Conflict, Unauthorized

from flask_dovetail import Problem


class Lazy:
    """A text that is made when it is read, as `lazy_gettext` makes it."""

    def __str__(self) -> str:
        return "다음에"


class OwnDescription(Conflict):
    description = "Somebody was faster."


class OwnAnswer(Conflict):
    def get_response(self, *args: Any, **kwargs: Any) -> Response:  # type: ignore[override]
        return Response("mine", 409, content_type="text/plain")


class OwnBody(Conflict):
    def get_body(self, *args: Any, **kwargs: Any) -> str:
        return "mine"


class Later(Problem, code="LATER", status=409, title="Later"):
    """Not now."""


def refused(app: Flask, raising: Any) -> Any:
    app.add_url_rule("/it", "it", raising)
    return app.test_client().get("/it")


def throw(exc: BaseException) -> Any:
    raise exc


@pytest.mark.parametrize(
    ("description", "detail"),
    [("plain", "plain"), (Lazy(), "다음에"), (ValueError("x"), "x"), (7, "7"), (None, None)],
)
def test_detail_is_a_text_or_absent(app: Flask, description: Any, detail: str | None) -> None:
    answer = refused(app, lambda: abort(404, description))
    assert (answer.status_code, answer.json.get("detail")) == (404, detail)


def test_a_mapping_becomes_members_but_replaces_none_of_the_standard_ones(app: Flask) -> None:
    sent = {"field": "name", "status": 200, "code": "X", "when": Lazy(), "detail": "why"}
    answer = refused(app, lambda: abort(400, sent))
    assert answer.json == {
        "type": "urn:dovetail:problem:bad-request",
        "title": "The request could not be understood",
        "status": 400,
        "code": "BAD_REQUEST",
        "request_id": "req-1",
        "detail": "why",
        "field": "name",
        "when": "다음에",
    }


def test_a_mapping_for_422_keeps_its_errors(app: Flask) -> None:
    assert refused(app, lambda: abort(422, {"errors": ["a"]})).json["errors"] == ["a"]


@pytest.mark.parametrize("wanted", [None, "text/html"])
def test_a_problem_with_a_lazy_text_is_no_fault(app: Flask, wanted: str | None) -> None:
    app.add_url_rule("/it", "it", lambda: throw(Later(Lazy(), until=Lazy())))  # type: ignore[arg-type]
    answer = app.test_client().get("/it", headers={"Accept": wanted} if wanted else {})
    assert answer.status_code == 409
    assert "다음에" in (answer.text if wanted else answer.json["detail"])


def test_a_description_of_the_class_is_kept(app: Flask) -> None:
    assert refused(app, lambda: throw(OwnDescription())).json["detail"] == "Somebody was faster."


@pytest.mark.parametrize("kind", [OwnAnswer, OwnBody])
def test_an_answer_of_the_exceptions_own_is_kept(app: Flask, kind: type[Conflict]) -> None:
    answer = refused(app, lambda: throw(kind()))
    assert (answer.status_code, answer.text) == (409, "mine")


def test_every_challenge_is_kept(app: Flask) -> None:
    challenges = [WWWAuthenticate("basic", {"realm": "a"}), WWWAuthenticate("bearer")]
    answer = refused(app, lambda: throw(Unauthorized(www_authenticate=challenges)))
    assert answer.headers.getlist("WWW-Authenticate") == ["Basic realm=a", "Bearer"]


def test_a_missing_form_key_is_a_plain_bad_request(app: Flask) -> None:
    answer = refused(app, lambda: request.form["name"])
    assert (answer.status_code, "detail" in answer.json) == (400, False)
