"""The Valkey client: made late, with time limits, and only where it is asked for."""

from __future__ import annotations

import time
from typing import Any

import pytest
from flask import Flask

from flask_dovetail.errors import ConfigurationError, MissingExtraError
from flask_dovetail.server import valkey


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
