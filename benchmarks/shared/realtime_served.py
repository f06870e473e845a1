"""What the servers of `realtime_serving.py` serve: Dovetail, and what stands beside it.

Both take GET for what a benchmark tells them, so that neither pays for a guard there:

    /emit?count=20            send so many events, that are not stored, to all sockets
    /rate?per_second=&seconds=&people=
                              notify somebody at that rate; how many each got is the answer

`BENCHMARK_FOLDER` has the database; `DOVETAIL_…` variables become settings.
"""

from __future__ import annotations

import json
import os
import random
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import Flask, request

if TYPE_CHECKING:
    from collections.abc import Callable

NAMESPACE = "/live"
PASSWORD = "correct horse battery staple"


def dovetail() -> Flask:
    """Everything as it is by default, but for the log and the limits of one address or person."""
    from flask_dovetail import Dovetail, Event, Identity, Namespace, notify

    class Tick(Event, name="tick"):
        n: int

    class Noted(Event, name="noted"):
        at: float

    live = Namespace(NAMESPACE, sends=[Tick])
    folder = Path(os.environ["BENCHMARK_FOLDER"])
    app = Flask("dovetail", instance_path=str(folder))
    app.config.update(
        SECRET_KEY="benchmark" * 8,
        DOVETAIL_LOGS_FORMAT="off",
        DOVETAIL_AUTH_LOGIN_LIMIT_PER_ADDRESS="100000/minute",
        DOVETAIL_REALTIME_CONNECTIONS_MAX=10_000,
        DOVETAIL_REALTIME_CONNECTIONS_PER_PERSON=10_000,
        DOVETAIL_REALTIME_EVENTS_PER_SECOND_PER_PERSON=1_000_000,
        **{key: _typed(each) for key, each in os.environ.items() if key.startswith("DOVETAIL_")},
    )
    Dovetail(
        authenticate=lambda credentials: Identity(credentials.email.partition("@")[0]),
        load_identity=Identity,
        notifications=[Noted],
        namespaces=[live],
    ).init_app(app)
    _told(
        app,
        lambda n: live.emit(Tick(n=n)),
        lambda subject: notify(subject, Noted(at=time.time())),
    )
    return app


def plain() -> Flask:
    """Flask-SocketIO as its documentation has it: everybody may come in, nothing is stored.

    Who connects says who they are, and is in the room of that name.
    """
    import flask_socketio
    import socketio
    from gevent.monkey import is_module_patched

    app = Flask("plain")
    bus = os.environ.get("DOVETAIL_VALKEY_URL")
    sockets = flask_socketio.SocketIO(
        app,
        async_mode="gevent" if is_module_patched("threading") else "threading",
        client_manager=socketio.RedisManager(bus) if bus else None,
    )

    @sockets.on("connect", namespace=NAMESPACE)
    def connect(_auth: Any) -> None:
        flask_socketio.join_room(request.cookies.get("who", ""))

    _told(
        app,
        lambda n: sockets.emit("tick", {"n": n}, namespace=NAMESPACE),
        lambda subject: sockets.emit("noted", {"at": time.time()}, namespace=NAMESPACE, to=subject),
    )
    app.add_url_rule("/healthz", view_func=lambda: "ok", endpoint="healthz")
    return app


def _told(app: Flask, emit: Callable[[int], None], note: Callable[[str], None]) -> None:
    @app.get("/emit")
    def emit_many() -> str:
        for n in range(int(request.args["count"])):
            emit(n)
        return ""

    @app.get("/rate")
    def rate() -> dict[str, int]:
        pause = 1 / float(request.args["per_second"])
        seconds, people = float(request.args["seconds"]), int(request.args["people"])
        sent: Counter[str] = Counter()
        chosen = random.Random(7)
        begun = time.perf_counter()
        for turn in range(int(seconds / pause)):
            time.sleep(max(0.0, begun + turn * pause - time.perf_counter()))
            subject = person(chosen.randrange(people))
            note(subject)
            sent[subject] += 1
        return dict(sent)


def person(number: int) -> str:
    return f"p{number}"


def _typed(value: str) -> Any:
    try:
        return json.loads(value)
    except json.JSONDecodeError:
        return value
