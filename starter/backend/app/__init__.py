"""The starter's backend: a small product that leaves the joint with its frontend to Dovetail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Flask

from flask_dovetail import Dovetail

from . import api, auth, cli, comments, config, database, events, files, likes, limits, live

if TYPE_CHECKING:
    from collections.abc import Mapping


def create_app(settings: Mapping[str, Any] | None = None) -> Flask:
    """Make the application; `settings` (by default from the environment) become `app.config`."""
    app = Flask(__name__, static_folder=None)
    app.config.from_mapping(settings if settings is not None else config.from_environment())
    database.init_app(app)
    dovetail = Dovetail(
        authenticate=auth.authenticate,
        load_identity=auth.load_identity,
        identify_external=auth.identify_external,
        files=files.policies(quota_bytes=app.config["STARTER_FILES_QUOTA_MB"] * files.MIB),
        notifications=[events.PostLiked, events.PostCommented],
        namespaces=[live.live],
        engine=lambda: database.db.engine,
    )
    dovetail.init_app(app)
    limits.init_app(app)
    app.register_blueprint(auth.accounts)
    app.register_blueprint(api.posts)
    app.register_blueprint(likes.likes)
    app.register_blueprint(comments.comments)
    cli.init_app(app)
    return app
