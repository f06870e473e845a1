"""A misspelt key stops the app, with the nearest one that exists."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask

from flask_dovetail import ConfigurationError, Dovetail


def start(folder: Path, **config: object) -> None:
    app = Flask("example", instance_path=str(folder))
    app.config.update(SECRET_KEY="a secret of at least thirty-two bytes", **config)
    Dovetail().init_app(app)


@pytest.mark.parametrize(
    ("key", "nearest"),
    [
        ("DOVETAIL_AUTH_STRATGY", "DOVETAIL_AUTH_STRATEGY"),
        ("DOVETAIL_FRONTEND_ORIGIN", "DOVETAIL_FRONTEND_ORIGINS"),
        ("DOVETAIL_FILES_FOLDERS", "DOVETAIL_FILES_FOLDER"),
        ("DOVETAIL_REALTIME_SERVES", "DOVETAIL_REALTIME_SERVE"),
        ("DOVETAIL_AUTH_PROVIDER", "DOVETAIL_AUTH_PROVIDERS"),
    ],
)
def test_a_misspelt_key_is_refused_with_the_nearest(tmp_path: Path, key: str, nearest: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        start(tmp_path, **{key: "x"})
    assert refused.value.key == key
    assert refused.value.cure == f"Write {nearest}."


def test_a_key_like_no_other_is_refused_too(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"docs/configuration\.md"):
        start(tmp_path, DOVETAIL_QQQQ_ZZZZZZZZ_WWWWWWWWW="x")


def test_keys_of_features_that_are_not_in_use_are_known(tmp_path: Path) -> None:
    start(tmp_path, DOVETAIL_FILES_URL_SECONDS=900, DOVETAIL_REALTIME_SERVE=False, OTHER="x")
