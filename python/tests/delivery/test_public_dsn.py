"""/config.js publishes the DSN of an error tracker, which is public by design, and no other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from flask_dovetail.core.errors import ConfigurationError

if TYPE_CHECKING:
    from support.bare_app import MakeApp

PUBLIC = "https://4f1c09ab@o1.ingest.sentry.io/42"


@pytest.mark.parametrize("name", ["SENTRY_DSN", "FRONTEND_SENTRY_DSN", "GLITCHTIP_DSN", "DSN"])
@pytest.mark.parametrize("value", [PUBLIC, "", None])
def test_dsn_of_an_error_tracker_is_published(
    make_app: MakeApp, name: str, value: str | None
) -> None:
    app = make_app(config={name: value}, DELIVERY_PUBLIC_CONFIG=[name])
    assert f'"{name}":' in app.test_client().get("/config.js").text


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SENTRY_DSN", "https://public:hunter2@sentry.example/42"),
        ("PG_DSN", "postgresql://app@db/app"),
        ("PG_DSN", "host=db user=app password=hunter2"),
        ("APP_DSN", {"dsn": PUBLIC}),
        ("DATABASE_DSN", PUBLIC),
        ("SENTRY_AUTH_TOKEN", PUBLIC),
        ("SENTRY_DSN_KEY", PUBLIC),
    ],
)
def test_dsn_that_may_hold_a_secret_is_refused(make_app: MakeApp, name: str, value: object) -> None:
    with pytest.raises(ConfigurationError) as refused:
        make_app(config={name: value}, DELIVERY_PUBLIC_CONFIG=[name])
    assert "hunter2" not in str(refused.value)
