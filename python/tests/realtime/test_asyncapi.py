"""The AsyncAPI 3 document: complete, the same bytes each time, and guarded against drift."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flask_dovetail.realtime.asyncapi import build_asyncapi, channel_id
from support.realtime_app import create_app, live, staff
from support.realtime_site import RealtimeSite, Visitor

Json = dict[str, Any]


@pytest.fixture
def document(site: RealtimeSite) -> Json:
    return build_asyncapi(site.app)


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for each in value.values():
            yield from references(each)
    elif isinstance(value, list):
        for each in value:
            yield from references(each)


def resolved(document: Json, reference: str) -> Any:
    found: Any = document
    for part in reference.removeprefix("#/").split("/"):
        found = found[part.replace("~1", "/").replace("~0", "~")]
    return found


def message(document: Json, channel: str, name: str) -> Json:
    found = resolved(document, document["channels"][channel]["messages"][name]["$ref"])
    assert isinstance(found, dict)
    return found


def test_every_reference_leads_somewhere(document: Json) -> None:
    found = set(references(document))
    assert found
    for reference in found:
        assert reference.startswith("#/")
        assert isinstance(resolved(document, reference), dict)


def test_it_is_what_asyncapi_3_asks_for(document: Json) -> None:
    """The fixed fields of the specification, and nothing but extensions beside them."""
    assert document["asyncapi"] == "3.0.0"
    assert set(document["info"]) >= {"title", "version"}
    allowed = {
        "document": {"asyncapi", "info", "channels", "operations", "components"}
        | {"defaultContentType"},
        "channel": {"address", "messages"},
        "operation": {"action", "channel", "summary", "description", "messages", "reply"},
        "message": {"name", "payload", "summary"},
    }

    def demand(kind: str, value: Json) -> None:
        assert {key for key in value if not key.startswith("x-")} <= allowed[kind]

    demand("document", document)
    for channel in document["channels"].values():
        demand("channel", channel)
    for each in document["components"]["messages"].values():
        demand("message", each)
        assert {"name", "payload"} <= set(each)
    for operation in document["operations"].values():
        demand("operation", operation)
        assert operation["action"] in ("send", "receive")
        channel = operation["channel"]["$ref"]
        of_channel = {
            f"{channel}/messages/{name}" for name in resolved(document, channel)["messages"]
        }
        for each in (*operation["messages"], *operation.get("reply", {}).get("messages", ())):
            assert each["$ref"] in of_channel, "messages of an operation are those of its channel"


def test_a_channel_is_a_namespace(document: Json) -> None:
    assert {one["address"]: name for name, one in document["channels"].items()} == {
        path: channel_id(path) for path in ("/live", "/notify", "/staff")
    }
    assert document["channels"]["notify"]["x-dovetail-stored"] is True
    assert document["channels"]["staff"]["x-dovetail-guard"] == {"roles": ["staff"]}
    assert "x-dovetail-guard" not in document["channels"]["live"]


def test_whatever_is_declared_is_an_operation(document: Json) -> None:
    expected = {"notify.send.liked", "live.send.said", "staff.send.said"}
    expected |= {f"live.receive.{name}" for name in live.declared.handlers}
    expected |= {f"staff.receive.{name}" for name in staff.declared.handlers}
    assert set(document["operations"]) == expected


def test_a_notification_is_sent_with_its_number(document: Json) -> None:
    liked = resolved(document, message(document, "notify", "liked")["payload"]["$ref"])
    assert set(liked["required"]) == {"seq", "event", "data", "created_at", "read_at"}
    assert resolved(document, liked["properties"]["data"]["$ref"])["required"] == ["thing", "by"]


def test_an_event_that_is_not_stored_is_sent_as_it_is(document: Json) -> None:
    said = resolved(document, message(document, "live", "said")["payload"]["$ref"])
    assert set(said["properties"]) == {"by", "text"}


def test_a_handler_says_its_body_its_acknowledgement_and_what_it_refuses_with(
    document: Json,
) -> None:
    say = document["operations"]["live.receive.say"]
    assert say["summary"] == "Say something"
    assert say["x-dovetail-guard"] == {"scopes": ["say"]}
    assert {"FORBIDDEN", "INSUFFICIENT_SCOPE"} <= set(say["x-dovetail-problems"])
    (body,) = [resolved(document, each["$ref"]) for each in say["messages"]]
    payload = resolved(document, resolved(document, body["$ref"])["payload"]["$ref"])
    assert payload["properties"]["text"]["maxLength"] == 100
    (ack,) = [resolved(document, each["$ref"]) for each in say["reply"]["messages"]]
    payload = resolved(document, resolved(document, ack["$ref"])["payload"]["$ref"])
    assert set(payload["properties"]) == {"count"}


def test_a_handler_of_nothing_takes_and_says_null(document: Json) -> None:
    for name in ("receive.nothing", "ack.nothing"):
        assert message(document, "live", name)["payload"] == {"type": "null"}


def test_rooms_say_whom_they_show_and_what_they_refuse_with(document: Json) -> None:
    rooms = document["channels"]["live"]["x-dovetail-rooms"]
    assert list(rooms) == ["hall", "secret", "thing"]
    assert rooms["hall"]["people"] is None
    assert resolved(document, rooms["thing"]["people"]["$ref"])["required"] == ["name"]
    assert "NOT_FOUND" in rooms["thing"]["problems"]
    assert "FORBIDDEN" in rooms["secret"]["problems"]


def test_the_same_app_writes_the_same_bytes(
    site: RealtimeSite, tmp_path: Path, migrated: Path
) -> None:
    config = {key: value for key, value in site.app.config.items() if key.startswith("DOVETAIL_")}
    again = create_app(tmp_path, **config)
    assert json.dumps(build_asyncapi(again)) == json.dumps(build_asyncapi(site.app))


def test_it_is_served_with_its_tag(site: RealtimeSite, ada: Visitor) -> None:
    first = ada.http.get("/asyncapi.json")
    assert first.status_code == 200
    assert first.headers["Content-Type"] == "application/json"
    assert first.json() == build_asyncapi(site.app)
    again = ada.http.get("/asyncapi.json", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_a_copy_is_written_checked_and_found_stale(site: RealtimeSite, tmp_path: Path) -> None:
    runner, copy = site.app.test_cli_runner(), tmp_path / "asyncapi.json"
    command = ["dovetail", "realtime"]
    written = runner.invoke(args=[*command, "export", "--output", str(copy)])
    assert (written.exit_code, written.stdout) == (0, "")
    assert runner.invoke(args=[*command, "export"]).stdout == copy.read_text()
    good = runner.invoke(args=[*command, "check", str(copy)])
    assert (good.exit_code, "is up to date" in good.stdout) == (0, True)
    copy.write_text(copy.read_text().replace('"maxLength": 100', '"maxLength": 99'))
    stale = runner.invoke(args=[*command, "check", str(copy)])
    assert (stale.exit_code, "is stale" in stale.stdout) == (1, True)
    assert f"cure: flask dovetail realtime export --output {copy}" in stale.stdout
