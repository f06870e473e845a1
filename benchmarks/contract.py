"""What a declared operation costs: a validated POST with query, JSON body and typed answer.

One process, interleaved rounds, whole WSGI calls, median of rounds. Every peer takes the same
request and gives the same answer; each is checked before it is timed. Exit 1 when a claim fails.

Claims: at most 1.25 times a bare Flask view that reads `request.get_json()` and builds the same
dict by hand; faster than APIFlask, spectree, flask-smorest and flask-openapi.

    python benchmarks/contract.py [rounds]
"""

from __future__ import annotations

import gc
import io
import json
import statistics
import sys
import time
import warnings
from datetime import UTC, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from flask import Flask, jsonify, request
from pydantic import BaseModel, Field
from werkzeug.test import EnvironBuilder

if TYPE_CHECKING:
    from collections.abc import Callable

CALLS_PER_ROUND = 200
MOST = 1.25
NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
SENT = {"title": "Hello", "body": "Some text, as long as a short post is. " * 4, "tags": ["a", "b"]}
BODY = json.dumps(SENT).encode()
EXPECTED = {"id": 1, **SENT, "draft": True, "lang": "ko", "created_at": "2026-01-01T12:00:00Z"}


class Query(BaseModel):
    draft: bool = False
    lang: str = Field(default="en", max_length=5)


class PostIn(BaseModel):
    title: str = Field(min_length=1, max_length=120)
    body: str = Field(min_length=1, max_length=5000)
    tags: list[str] = Field(default=[], max_length=10)


class Post(BaseModel):
    id: int
    title: str
    body: str
    tags: list[str]
    draft: bool
    lang: str
    created_at: datetime


def bare() -> Flask:
    app = Flask("bare")

    @app.post("/posts")
    def create() -> Any:
        sent = request.get_json()
        return jsonify(
            {
                "id": 1,
                "title": sent["title"],
                "body": sent["body"],
                "tags": sent.get("tags", []),
                "draft": request.args.get("draft") == "true",
                "lang": request.args.get("lang", "en"),
                "created_at": NOW.isoformat().replace("+00:00", "Z"),
            }
        ), 201

    return app


def _declare(app: Flask) -> Flask:
    from flask_dovetail.contract import operation

    @app.post("/posts")
    @operation(returns={201: Post})
    def create(query: Query, body: PostIn) -> Post:
        return _post(query, body)

    return app


def contract_alone() -> Flask:
    from flask_dovetail import contract
    from flask_dovetail.core import state

    app = Flask("contract")
    app.extensions[state.KEY] = state.State()
    contract.init_app(app, request_id=lambda: None, store_of=lambda _: None, security_schemes={})
    return _declare(app)


def whole_extension() -> Flask:
    """With request ids, CORS, CSRF and Origin checks; without a log line, which no peer writes."""
    from flask_dovetail import Dovetail

    app = Flask("dovetail")
    app.config.update(SECRET_KEY="benchmark" * 8, DOVETAIL_LOGS_FORMAT="off")
    Dovetail().init_app(app)
    return _declare(app)


def apiflask() -> Flask:
    from apiflask import APIFlask

    app = APIFlask("apiflask")

    @app.post("/posts")
    @app.input(Query, location="query")
    @app.input(PostIn)
    @app.output(Post, status_code=201)
    def create(query_data: Query, json_data: PostIn) -> Any:
        return _post(query_data, json_data)

    return app


def spectree() -> Flask:
    from spectree import Response, SpecTree

    app = Flask("spectree")
    spec = SpecTree("flask")

    @app.post("/posts")
    @spec.validate(resp=Response(HTTP_201=Post))
    def create(query: Query, json: PostIn) -> Any:
        return _post(query, json), 201

    spec.register(app)
    return app


def smorest() -> Flask:
    import marshmallow as ma
    from flask_smorest import Api, Blueprint

    class QuerySchema(ma.Schema):
        draft = ma.fields.Boolean(load_default=False)
        lang = ma.fields.String(load_default="en", validate=ma.validate.Length(max=5))

    class PostInSchema(ma.Schema):
        title = ma.fields.String(required=True, validate=ma.validate.Length(1, 120))
        body = ma.fields.String(required=True, validate=ma.validate.Length(1, 5000))
        tags = ma.fields.List(
            ma.fields.String(), load_default=list, validate=ma.validate.Length(max=10)
        )

    class PostSchema(ma.Schema):
        id = ma.fields.Integer()
        title = ma.fields.String()
        body = ma.fields.String()
        tags = ma.fields.List(ma.fields.String())
        draft = ma.fields.Boolean()
        lang = ma.fields.String()
        created_at = ma.fields.Function(lambda post: post["created_at"].isoformat()[:-6] + "Z")

    app = Flask("smorest")
    app.config.update(API_TITLE="t", API_VERSION="1", OPENAPI_VERSION="3.1.0")
    blueprint = Blueprint("posts", "posts")

    @blueprint.post("/posts")
    @blueprint.arguments(QuerySchema, location="query")
    @blueprint.arguments(PostInSchema)
    @blueprint.response(201, PostSchema)
    def create(query: Any, sent: Any) -> Any:
        return {"id": 1, **sent, **query, "created_at": NOW}

    Api(app).register_blueprint(blueprint)
    return app


def openapi() -> Flask:
    from flask_openapi import OpenAPI

    app = OpenAPI("openapi")

    @app.post("/posts", responses={201: Post})
    def create(query: Query, body: PostIn) -> Any:
        return _post(query, body).model_dump(mode="json"), 201

    return app


def _post(query: Query, body: PostIn) -> Post:
    return Post(
        id=1,
        title=body.title,
        body=body.body,
        tags=body.tags,
        draft=query.draft,
        lang=query.lang,
        created_at=NOW,
    )


PEERS: dict[str, Callable[[], Flask]] = {
    "bare Flask": bare,
    "dovetail, contract alone": contract_alone,
    "dovetail, all of it": whole_extension,
    f"APIFlask {version('apiflask')}": apiflask,
    f"spectree {version('spectree')}": spectree,
    f"flask-smorest {version('flask-smorest')}": smorest,
    f"flask-openapi {version('flask-openapi')}": openapi,
}


def environ() -> dict[str, Any]:
    return EnvironBuilder(
        method="POST",
        path="/posts",
        query_string="draft=true&lang=ko",
        data=BODY,
        content_type="application/json",
    ).get_environ()


def call(app: Flask, base: dict[str, Any]) -> tuple[str, bytes]:
    started: list[str] = []
    answer = app({**base, "wsgi.input": io.BytesIO(BODY)}, lambda s, _h, _e=None: started.append(s))
    data = b"".join(answer)
    answer.close()
    return started[0], data


def main(rounds: int) -> int:
    warnings.simplefilter("ignore")
    base = environ()
    apps = {name: make() for name, make in PEERS.items()}
    for name, app in apps.items():
        status, data = call(app, base)
        if not status.startswith("201") or json.loads(data) != EXPECTED:
            print(f"{name} answers otherwise: {status} {data.decode()}")
            return 1
    gc.collect()
    gc.freeze()
    seconds: dict[str, list[float]] = {name: [] for name in apps}
    for _ in range(rounds):
        for name, app in apps.items():
            start = time.perf_counter()
            for _ in range(CALLS_PER_ROUND):
                call(app, base)
            seconds[name].append((time.perf_counter() - start) / CALLS_PER_ROUND)
    medians = {name: statistics.median(times) for name, times in seconds.items()}
    first = medians["bare Flask"]
    print(f"validated POST, median of {rounds} rounds x {CALLS_PER_ROUND} calls")
    for name, median in medians.items():
        print(f"  {name:28} {median * 1e6:8.1f} µs   {median / first:5.2f}x")
    return report(medians, first)


def report(medians: dict[str, float], first: float) -> int:
    ours = {name: m for name, m in medians.items() if name.startswith("dovetail")}
    peers = {name: m for name, m in medians.items() if name not in ours and name != "bare Flask"}
    failed = [
        f"{name} is {median / first:.2f}x a bare view, more than {MOST}x"
        for name, median in ours.items()
        if median > MOST * first
    ]
    failed += [
        f"{name} is not faster than {peer}"
        for name, median in ours.items()
        for peer, other in peers.items()
        if median >= other
    ]
    for line in failed:
        print(f"FAILED: {line}")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 30))
