"""The Valkey client: made late, with time limits, and only where it is asked for."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from valkey.exceptions import ConnectionError as Disconnected
from valkey.exceptions import TimeoutError as NoAnswer

from flask_dovetail.core.errors import ConfigurationError, MissingExtraError
from flask_dovetail.storage import valkey


def client_of(**config: Any) -> Any:
    app = Flask("an_app")
    app.config.update(config)
    return valkey.init_app(app)


def test_without_a_url_there_is_no_client() -> None:
    assert client_of() is None
    assert valkey.checks(None) == {}


def test_one_client_is_made_and_answers(valkey_url: str) -> None:
    client = client_of(DOVETAIL_VALKEY_URL=valkey_url)
    assert client() is client()
    valkey.checks(client)["valkey"]()
    client().close()


def test_the_url_is_refused_when_its_scheme_is_unknown() -> None:
    with pytest.raises(ConfigurationError) as refused:
        client_of(DOVETAIL_VALKEY_URL="https://:hunter2@cache.example.com")
    assert refused.value.key == "DOVETAIL_VALKEY_URL"
    assert "hunter2" not in str(refused.value)


def test_a_missing_package_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(valkey, "find_spec", lambda _name: None)
    with pytest.raises(MissingExtraError, match=r"flask-dovetail\[valkey\]"):
        client_of(DOVETAIL_VALKEY_URL="valkey://127.0.0.1")


def test_a_server_that_is_gone_is_told_soon(valkey_server: Any, valkey_url: str) -> None:
    client = client_of(DOVETAIL_VALKEY_URL=valkey_url)
    client().ping()
    valkey_server.stop()
    began = time.monotonic()
    try:
        with pytest.raises(Exception, match="Connection refused"):
            valkey.checks(client)["valkey"]()
    finally:
        valkey_server.start()
    assert time.monotonic() - began < 3
    valkey.checks(client)["valkey"]()
    client().close()


@pytest.mark.limit("DOVETAIL_VALKEY_ANSWER_SECONDS")
@pytest.mark.limit("DOVETAIL_VALKEY_CONNECT_SECONDS")
def test_a_server_that_hangs_is_waited_for_once(valkey_server: Any, valkey_url: str) -> None:
    """Then requests fail at once, and are served again soon after its return."""
    client = client_of(
        DOVETAIL_VALKEY_URL=valkey_url,
        DOVETAIL_VALKEY_ANSWER_SECONDS=0.3,
        DOVETAIL_VALKEY_CONNECT_SECONDS=0.3,
    )()
    client.set("kept", "yes")
    valkey_server.pause()
    try:
        with pytest.raises(NoAnswer):
            client.get("kept")
        for _ in range(20):
            with pytest.raises(NoAnswer, match="a moment ago"):
                client.get("kept")
    finally:
        valkey_server.resume()
    for _ in range(100):  # 10 s
        try:
            assert client.get("kept") == b"yes"
            break
        except NoAnswer:
            time.sleep(0.1)
    else:
        pytest.fail("it did not heal")
    client.close()


def test_a_server_that_hangs_is_asked_by_one_caller_at_a_time(
    valkey_server: Any, valkey_url: str
) -> None:
    """A connection that the kernel opens for a process that hangs is not taken for an answer."""
    client = client_of(DOVETAIL_VALKEY_URL=valkey_url, DOVETAIL_VALKEY_ANSWER_SECONDS=0.5)()
    client.set("kept", "yes")
    valkey_server.pause()
    try:
        with pytest.raises(NoAnswer):
            client.get("kept")
        until = time.monotonic() + 3

        def ask(_number: int) -> float:
            """Seconds that were waited for the server."""
            waited = 0.0
            while time.monotonic() < until:
                began = time.monotonic()
                with pytest.raises(NoAnswer):
                    client.get("kept")
                waited += time.monotonic() - began
                time.sleep(0.02)
            return waited

        with ThreadPoolExecutor(8) as crowd:
            waited = sum(crowd.map(ask, range(8)))
    finally:
        valkey_server.resume()
        client.close()
    assert waited < 8, "of 24 seconds that eight callers had"


@pytest.mark.limit("DOVETAIL_VALKEY_POOL_SIZE")
def test_no_more_connections_are_opened_than_the_pool_has(valkey_url: str) -> None:
    client = client_of(
        DOVETAIL_VALKEY_URL=valkey_url,
        DOVETAIL_VALKEY_POOL_SIZE=2,
        DOVETAIL_VALKEY_ANSWER_SECONDS=0.2,
    )()
    pool = client.connection_pool
    held = [pool.get_connection("PING"), pool.get_connection("PING")]
    with pytest.raises(Disconnected, match="No connection available"):
        client.ping()
    for connection in held:
        pool.release(connection)
    assert client.ping()
    client.close()


def test_a_restart_is_noticed_by_nobody(valkey_server: Any, valkey_url: str) -> None:
    client = client_of(DOVETAIL_VALKEY_URL=valkey_url)()
    client.ping()
    valkey_server.stop()
    valkey_server.start()
    assert client.ping()
    client.close()
