"""Flask-RESTful and APIFairy beside Dovetail."""

from __future__ import annotations

import warnings
from typing import Any

import marshmallow
import pytest
from flask import Flask, abort
from flask_httpauth import HTTPBasicAuth

from flask_dovetail import Problem, operation, signed_in
from support.existing_app import ACCEPTED, Apps, has_guarded_resources, same_for_all, sign_in

with warnings.catch_warnings():  # at their imports
    warnings.simplefilter("ignore")
    import apifairy
    import flask_restful
    from flask_restful import reqparse

pytestmark = pytest.mark.long


class Taken(Problem, code="TAKEN", status=409, title="Taken"):
    """What a resource of the old API raises."""


# Flask-RESTful


def restful(app: Flask) -> None:
    api = flask_restful.Api(app, prefix="/rest")
    parser = reqparse.RequestParser()
    parser.add_argument("name", required=True, help="a name is needed")

    class Thing(flask_restful.Resource):  # type: ignore[misc]
        def get(self, number: int) -> Any:
            if number == 0:
                abort(404, "No such thing")
            if number == 9:
                flask_restful.abort(409, message="custom", hint="tea")
            return {"number": number}, 200, {"X-Thing": "a"}

        def post(self, number: int) -> Any:
            return {"name": parser.parse_args()["name"]}, 201

    class Guarded(flask_restful.Resource):  # type: ignore[misc]
        @signed_in(scope="posts:write")
        def get(self) -> Any:
            return {"guarded": True}

        @signed_in
        def post(self) -> Any:
            return {"guarded": True}

        def put(self) -> Any:
            raise Taken("The name is taken.")

    class AllGuarded(flask_restful.Resource):  # type: ignore[misc]
        method_decorators = [signed_in]  # noqa: RUF012

        def post(self) -> Any:
            return {"guarded": True}

    api.add_resource(Thing, "/things/<int:number>")
    api.add_resource(Guarded, "/guarded")
    api.add_resource(AllGuarded, "/all-guarded")


RESTFUL = [
    ("GET", "/rest/things/1"),
    ("GET", "/rest/things/0"),
    ("GET", "/rest/things/9"),
    ("POST", "/rest/things/1"),
    ("DELETE", "/rest/things/1"),
]


@pytest.mark.parametrize("catch_all", [False, True])
def test_restful_keeps_its_answers_and_errors(apps: Apps, catch_all: bool) -> None:
    def build(app: Flask) -> None:
        restful(app)
        if catch_all:
            flask_restful.Api(app, prefix="/more", catch_all_404s=True)

    was, now = (app.test_client() for app in apps.build(build))
    for headers in ACCEPTED:
        answers = same_for_all(was, now, RESTFUL, headers=headers)
        assert [answer.status_code for answer in answers] == [200, 404, 409, 415, 405]
        for body, status in (({"name": "a"}, 201), ({}, 400)):
            (made,) = same_for_all(
                was, now, [("POST", "/rest/things/1")], json=body, headers=headers
            )
            assert made.status_code == status


def test_refusals_on_restful_have_their_status_and_code(apps: Apps) -> None:
    """Under testing and in production alike."""
    _, app = apps.build(restful)
    now = app.test_client()
    raised = now.put("/rest/guarded")
    assert (raised.status_code, raised.json["code"]) == (409, "TAKEN")
    has_guarded_resources(now)


# APIFairy


def fairy(app: Flask) -> None:
    app.config.update(APIFAIRY_UI_PATH="/old-docs", APIFAIRY_TITLE="old")
    fairy = apifairy.APIFairy(app)
    basic = HTTPBasicAuth()

    @basic.verify_password
    def verify(username: str, password: str) -> str | None:
        return username if password == "right" else None

    @basic.error_handler
    def refuse(status: int) -> Any:
        return {"refused": status}, status

    class Thing(marshmallow.Schema):
        name = marshmallow.fields.String(required=True)

        def jsonify(self, value: Any) -> Any:
            return self.dump(value)

    @app.post("/things")
    @apifairy.authenticate(basic)
    @apifairy.body(Thing)
    @apifairy.response(Thing, 201)
    def create(data: Any) -> Any:
        """Make a thing."""
        return data

    @app.get("/things/<int:number>")
    @apifairy.arguments(Thing)
    @apifairy.other_responses({404: "No such thing"})
    def read(data: Any, number: int) -> Any:
        """Read a thing."""
        if number == 0:
            abort(404, "No such thing")
        return {"number": number, **data}

    @app.post("/ours")
    @signed_in
    @operation()
    def ours() -> dict[str, bool]:
        return {"ours": True}

    assert fairy.title == "old"


def test_apifairy_keeps_its_answers_its_errors_and_its_document(apps: Apps) -> None:
    was, now = (app.test_client() for app in apps.build(fairy))
    for headers in ACCEPTED:
        reads = [
            ("GET", "/things/1?name=a"),
            ("GET", "/things/1"),
            ("GET", "/things/0?name=a"),
            ("POST", "/things"),
            ("GET", "/apispec.json"),
            ("GET", "/old-docs"),
        ]
        if "html" not in str(headers):  # problems for the old 404 are for whoever asks for JSON
            reads.remove(("GET", "/things/0?name=a"))
        answers = same_for_all(was, now, reads, headers=headers)
        assert [a.status_code for a in answers if a.status_code >= 400][:1] == [400]
        for body, status in (({"name": "a"}, 201), ({}, 400)):
            (made,) = same_for_all(
                was,
                now,
                [("POST", "/things")],
                json=body,
                auth=("ada", "right"),
                headers=headers,
            )
            assert made.status_code == status
    token = sign_in(now)
    assert now.post("/ours").json["code"] == "CSRF_FAILED"
    assert now.post("/ours", headers={"X-CSRF-Token": token}).json == {"ours": True}
    documented = now.get("/openapi.json").json["paths"]
    assert "/ours" in documented
    assert "/things" not in documented
