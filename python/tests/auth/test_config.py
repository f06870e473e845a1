"""Settings that cannot be safe or cannot work are refused at start: fact, key, cure."""

from __future__ import annotations

from typing import Any

import pytest

from flask_dovetail import auth
from flask_dovetail.auth.config import AuthSettings
from flask_dovetail.core import settings
from flask_dovetail.core.errors import ConfigurationError
from flask_dovetail.topology import Topology
from support.auth_site import MakeSite


@pytest.mark.parametrize(
    ("config", "key"),
    [
        ({"SECRET_KEY": None}, "SECRET_KEY"),
        ({"SECRET_KEY": ""}, "SECRET_KEY"),
        ({"SECRET_KEY": "dev"}, "SECRET_KEY"),
        ({"SECRET_KEY": b"fifteen bytes.."}, "SECRET_KEY"),
        ({"SECRET_KEY_FALLBACKS": ["old"]}, "SECRET_KEY_FALLBACKS"),
        ({"DOVETAIL_AUTH_STRATEGY": "basic"}, "DOVETAIL_AUTH_STRATEGY"),
        ({"DOVETAIL_AUTH_SESSION_STORE": "memcached"}, "DOVETAIL_AUTH_SESSION_STORE"),
        ({"DOVETAIL_AUTH_SESSION_STORE": "valkey"}, "DOVETAIL_VALKEY_URL"),
        ({"DOVETAIL_VALKEY_URL": "http://127.0.0.1"}, "DOVETAIL_VALKEY_URL"),
        ({"DOVETAIL_DATABASE_URL": "app.sqlite3"}, "DOVETAIL_DATABASE_URL"),
        ({"DOVETAIL_AUTH_ABSOLUTE_SECONDS": 0}, "DOVETAIL_AUTH_ABSOLUTE_SECONDS"),
        ({"DOVETAIL_AUTH_ABSOLUTE_SECONDS": 401 * 86400}, "DOVETAIL_AUTH_ABSOLUTE_SECONDS"),
        ({"DOVETAIL_AUTH_IDLE_SECONDS": 0}, "DOVETAIL_AUTH_IDLE_SECONDS"),
        ({"DOVETAIL_AUTH_IDLE_SECONDS": 1_209_601}, "DOVETAIL_AUTH_IDLE_SECONDS"),
        ({"DOVETAIL_AUTH_TOUCH_SECONDS": -1}, "DOVETAIL_AUTH_TOUCH_SECONDS"),
        ({"DOVETAIL_AUTH_TOUCH_SECONDS": 1801}, "DOVETAIL_AUTH_TOUCH_SECONDS"),
        (
            {"DOVETAIL_AUTH_LOGIN_LIMIT_PER_ACCOUNT": "lots"},
            "DOVETAIL_AUTH_LOGIN_LIMIT_PER_ACCOUNT",
        ),
        ({"DOVETAIL_AUTH_LOGIN_LIMIT_PER_ADDRESS": 5}, "DOVETAIL_AUTH_LOGIN_LIMIT_PER_ADDRESS"),
    ],
)
def test_a_setting_that_cannot_work_is_refused_at_start(
    make_site: MakeSite, config: dict[str, Any], key: str
) -> None:
    with pytest.raises(ConfigurationError) as refused:
        make_site(**config)
    assert refused.value.key == key
    assert refused.value.cure
    assert "fifteen bytes" not in str(refused.value)


@pytest.mark.parametrize("missing", ["authenticate", "load_identity"])
def test_half_of_an_account_system_is_refused(make_site: MakeSite, missing: str) -> None:
    site = make_site()
    given = {"authenticate": site.authenticate, "load_identity": site.load_identity, missing: None}
    with pytest.raises(ConfigurationError, match=missing):
        auth.init_app(
            site.app,
            topology=Topology.from_config({}),
            engine=lambda: pytest.fail("asked"),
            valkey=None,
            **given,
        )


def test_settings_may_come_from_the_environment_as_text() -> None:
    read = settings.read(AuthSettings, {"DOVETAIL_AUTH_IDLE_SECONDS": "1800"})
    assert read.idle_seconds == 1800


def test_every_setting_is_documented() -> None:
    for row in settings.document(AuthSettings):
        assert row.key.startswith("DOVETAIL_AUTH_")
        assert row.doc
