"""A route of the app's that collides with one of Dovetail's stops the app, with both names."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Blueprint, Flask
from flask.views import MethodView
from werkzeug.routing import BaseConverter

from flask_dovetail import ConfigurationError, Dovetail, FilePolicy, Identity
from flask_dovetail.contract import build_document, operation

Register = Callable[[Flask], object]
Start = Callable[..., Flask]


@pytest.fixture(params=["before", "after"])
def start(request: pytest.FixtureRequest, tmp_path: Path) -> Start:
    """Make an app whose routes are registered before or after `init_app`, and answer a request."""

    def make(register: Register, **config: Any) -> Flask:
        app = Flask("example", instance_path=str(tmp_path))
        app.config.update(
            SECRET_KEY="a key that is long enough to be one",
            DOVETAIL_LOGS_FORMAT="off",
            **config,
        )
        dovetail = Dovetail(
            authenticate=lambda credentials: None,
            load_identity=Identity,
            files={"file": FilePolicy()},
            notifications=[],
        )
        if request.param == "before":
            register(app)
        dovetail.init_app(app)
        if request.param == "after":
            register(app)
        app.test_client().get("/any")
        return app

    return make


def view(**_: Any) -> str:
    return "the app's"


def rule(text: str, *methods: str) -> Register:
    return lambda app: app.add_url_rule(text, "own_view", view, methods=methods or ["GET"])


def in_blueprint(app: Flask) -> None:
    accounts = Blueprint("accounts", __name__, url_prefix="/auth")
    accounts.add_url_rule("/login", "sign_in", view, methods=["POST"])
    app.register_blueprint(accounts)


def as_method_view(app: Flask) -> None:
    class Login(MethodView):
        def post(self) -> str:
            return "the app's"

    app.add_url_rule("/auth/login", view_func=Login.as_view("login"))


@pytest.mark.parametrize(
    ("register", "theirs", "ours"),
    [
        (rule("/auth/login", "POST"), "POST /auth/login", "/auth/login"),
        (rule("/auth//login", "POST"), "POST /auth//login", "/auth/login"),
        (rule("/auth/refresh", "POST"), "POST /auth/refresh", "/auth/refresh"),
        (rule("/api/me"), "GET /api/me", "/api/me"),
        (rule("/docs"), "GET /docs", "/docs"),
        (rule("/docs/"), "GET /docs/", "/docs"),
        (rule("/docs/<path:page>"), "GET /docs/<path:page>", "/docs/<name>"),
        (rule("/openapi.json"), "GET /openapi.json", "/openapi.json"),
        (rule("/healthz"), "GET /healthz", "/healthz"),
        (rule("/api/notifications"), "GET /api/notifications", "/api/notifications"),
        (rule("/files/<name>"), "GET /files/<name>", "/files/<uuid:file_id>"),
        (rule("/files/<uuid:other>"), "GET /files/<uuid:other>", "/files/<uuid:file_id>"),
        (rule("/files/<path:name>"), "GET /files/<path:name>", "/files/<uuid:file_id>"),
        (rule("/socket.io/"), "GET /socket.io/", "/socket.io"),
        (in_blueprint, "POST /auth/login: the view 'accounts.sign_in'", "/auth/login"),
        (as_method_view, "POST /auth/login: the view 'login'", "/auth/login"),
    ],
)
@pytest.mark.parametrize("testing", [True, False])
@pytest.mark.parametrize("strategy", ["session", "token"])
def test_a_route_of_the_same_address_is_refused(
    start: Start, register: Register, theirs: str, ours: str, testing: bool, strategy: str
) -> None:
    """In both orders and both strategies, in tests and in production."""
    with pytest.raises(ConfigurationError) as refused:
        start(register, TESTING=testing, DOVETAIL_AUTH_STRATEGY=strategy)
    assert theirs in refused.value.fact
    assert f"and Dovetail's {ours}" in refused.value.fact
    assert refused.value.key == "DOVETAIL_ROUTES_PREFIX"
    assert '"/_dovetail"' in refused.value.cure


@pytest.mark.parametrize("path", ["/config.js", "/.well-known/jwks.json"])
def test_a_route_that_the_setting_does_not_move_has_another_cure(start: Start, path: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        start(rule(path), DOVETAIL_AUTH_STRATEGY="token", DOVETAIL_ROUTES_PREFIX="/_dovetail")
    assert refused.value.key == path
    assert refused.value.cure == f"{path} cannot move: give the app's another path."


def test_the_cures_work(start: Start) -> None:
    app = start(rule("/docs"), DOVETAIL_CONTRACT_DOCS=False)
    assert app.test_client().get("/docs").text == "the app's"
    app = start(rule("/docs"), DOVETAIL_ROUTES_PREFIX="/_dovetail")
    assert app.test_client().get("/docs").text == "the app's"


def test_the_moved_routes_collide_too(start: Start) -> None:
    with pytest.raises(ConfigurationError, match='another path than "/api"'):
        start(rule("/api/auth/login", "POST"), DOVETAIL_ROUTES_PREFIX="/api")


def test_all_collisions_are_named_at_once(start: Start) -> None:
    def register(app: Flask) -> None:
        app.add_url_rule("/healthz", "health", view)
        app.add_url_rule("/api/me", "me", view)

    with pytest.raises(ConfigurationError) as refused:
        start(register)
    assert "/healthz: the view 'health'" in refused.value.fact
    assert "/api/me: the view 'me'" in refused.value.fact


@pytest.mark.parametrize(
    "text", ["/<path:x>", "/<page>", "/<a>/<b>", "/<lang>/<path:x>", "/api/<path:rest>", "/"]
)
def test_a_catch_all_goes_on_working(
    start: Start, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    """It answers whatever no route of Dovetail's answers, and nothing is said of it."""
    with caplog.at_level(logging.WARNING, "flask_dovetail"):
        app = start(rule(text))
    client = app.test_client()
    path = {"/": "/", "/<page>": "/page"}.get(text, "/api/page")
    assert client.get(path).text == "the app's"
    assert client.get("/healthz").json == {"status": "ok"}
    assert not caplog.messages


@pytest.mark.parametrize(
    "text", ["/files/<int:number>", "/auth", "/docs/a/b", "/authors", "/socket.iox", "/auth/logins"]
)
def test_what_only_looks_alike_is_let_be(start: Start, text: str) -> None:
    assert "own_view" in start(rule(text)).view_functions


def test_another_method_of_the_same_address_is_let_be(start: Start) -> None:
    """A login page beside the login: the app's GET, and Dovetail's POST."""
    client = start(rule("/auth/login")).test_client()
    assert client.get("/auth/login").text == "the app's"
    assert client.post("/auth/login", json={}).json["code"] == "CSRF_FAILED"


def test_a_general_rule_of_which_we_answer_a_part_is_warned_of(
    start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "flask_dovetail"):
        start(rule("/auth/<action>", "POST"))
    (said,) = caplog.messages
    assert "POST /auth/login" in said
    assert "/auth/<action> (own_view)" in said
    assert "DOVETAIL_ROUTES_PREFIX" in said


def test_a_converter_that_is_preferred_to_ours_is_refused(start: Start) -> None:
    class Greedy(BaseConverter):
        regex = ".+"
        part_isolating = False
        weight = 1

    def register(app: Flask) -> None:
        app.url_map.converters["greedy"] = Greedy
        app.add_url_rule("/files/<greedy:rest>", "own_view", view)

    with pytest.raises(ConfigurationError, match="/files/<greedy:rest>"):
        start(register)


def test_no_converter_of_the_app_is_asked_for_a_value(start: Start) -> None:
    """It may look a row up, and nothing is there to look into when the app starts."""

    class Row(BaseConverter):
        def to_python(self, value: str) -> Any:
            raise AssertionError(f"{value} was looked up")

    def register(app: Flask) -> None:
        app.url_map.converters["row"] = Row
        app.add_url_rule("/files/<row:name>", "own_view", view)

    with pytest.raises(ConfigurationError, match="/files/<row:name>"):
        start(register)


def test_every_request_is_refused_and_the_command_line_too(tmp_path: Path) -> None:
    app = Flask("example", instance_path=str(tmp_path))
    app.config.update(
        SECRET_KEY="a key that is long enough to be one", DOVETAIL_LOGS_FORMAT="off", TESTING=True
    )
    Dovetail().init_app(app)
    app.add_url_rule("/healthz", "health", view)
    for _ in range(2):
        with pytest.raises(ConfigurationError):
            app.test_client().get("/")
    exported = app.test_cli_runner().invoke(args=["dovetail", "contract", "export"])
    assert isinstance(exported.exception, ConfigurationError)


@operation()
def first() -> int:
    """The first."""
    return 1


@operation()
def second() -> str:
    """The second."""
    return "2"


@pytest.mark.parametrize("views", [(first, second), (second, first)])
@pytest.mark.parametrize(
    ("one", "other"), [("/x", "/x"), ("/x/<string:a>", "/x/<b>"), ("/x/<any(a, b):a>", "/x/<b>")]
)
def test_the_document_has_the_operation_that_answers(
    views: tuple[Any, Any], one: str, other: str, tmp_path: Path
) -> None:
    """Of two on one address, werkzeug asks the one that was registered first."""

    app = Flask("example", instance_path=str(tmp_path))
    app.config.update(SECRET_KEY="a key that is long enough to be one", DOVETAIL_LOGS_FORMAT="off")
    Dovetail().init_app(app)
    app.add_url_rule(one, "one", views[0])
    app.add_url_rule(other, "other", views[1])
    with app.app_context():
        paths = build_document(app)["paths"]
    summaries = [node["get"]["summary"] for path, node in paths.items() if path.startswith("/x")]
    expected = [views[0].__doc__.rstrip(".")]
    if "any" in one:
        expected.append(views[1].__doc__.rstrip("."))
    assert sorted(summaries) == sorted(expected)
