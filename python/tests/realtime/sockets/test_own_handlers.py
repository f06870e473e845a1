"""Flask-SocketIO's own handlers, on namespaces of their own, beside Dovetail's."""

from __future__ import annotations

import flask_socketio
import pytest
from flask import request

from support.realtime_raw import RawSocket, event_frame
from support.realtime_site import MakeSite, RealtimeSite
from support.waiting import until


@pytest.fixture
def site(make_site: MakeSite) -> RealtimeSite:
    """An app that has a namespace /own, where anybody may be."""
    site = make_site(DOVETAIL_REALTIME_EVENTS_PER_SECOND=5)
    socketio = site.app.extensions["socketio"]

    @socketio.on("echo", namespace="/own")
    def echo(text: str) -> str:
        flask_socketio.emit("echoed", f"{text} from {request.path}")
        return text

    @socketio.on("fail", namespace="/own")
    def fail() -> None:
        raise RuntimeError("a fault of the application's own")

    return site


@pytest.fixture
def raw(site: RealtimeSite) -> RawSocket:
    return site.person("ada").raw("/own")


def test_a_handler_of_flask_socketio_works_as_ever(raw: RawSocket) -> None:
    raw.emit("echo", "hello", namespace="/own", ack=3)
    assert raw.packet() == '42/own,["echoed","hello from /socket.io/"]'
    assert raw.packet() == '43/own,3["hello"]'


def test_a_flood_of_such_events_is_bounded_too(site: RealtimeSite, raw: RawSocket) -> None:
    flood = event_frame("echo", "x", namespace="/own") * 50
    assert raw.is_cut_off(flood, times=200, pause=0.01)
    sockets = site.service.sockets
    assert sockets is not None
    until(lambda: sockets.open_sockets == 0)


def test_a_fault_of_such_a_handler_ends_no_connection(raw: RawSocket) -> None:
    raw.emit("fail", namespace="/own")
    raw.emit("echo", "hello", namespace="/own", ack=4)
    assert raw.packet().startswith('42/own,["echoed"')
    assert raw.packet() == '43/own,4["hello"]'


def test_dovetails_namespaces_beside_it_are_as_guarded_as_ever(site: RealtimeSite) -> None:
    stranger = site.person("ada")
    stranger.http.cookies.clear()
    raw = stranger.raw("/own")
    assert "UNAUTHENTICATED" in raw.join("/live", {})
    assert raw.join("/notify", {}).startswith('44/notify,{"message":"UNAUTHENTICATED"')
