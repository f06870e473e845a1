"""The apps that stand beside each other: one small view, bare and behind each guard."""

from __future__ import annotations

from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from flask import Flask
from sqlalchemy import Engine, event

from flask_dovetail import Credentials, Dovetail, Identity, signed_in

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SECRET_KEY = "benchmark" * 8
ANSWER = {"id": 7, "title": "Hello", "tags": ["a", "b"]}
LOGIN = {"email": "ada@example.com", "password": "correct horse battery staple"}
BARE = "bare Flask"
FLASK_SECURITY = f"Flask-Security {version('flask-security-too')}"
FLASK_JWT = f"Flask-JWT-Extended {version('flask-jwt-extended')}"


def bare() -> Flask:
    app = Flask("bare")
    app.add_url_rule("/thing", view_func=lambda: ANSWER, endpoint="thing")
    return app


def bare_with_key() -> Flask:
    """What most apps are: with a SECRET_KEY, Flask opens its own session for every request."""
    app = bare()
    app.secret_key = SECRET_KEY
    return app


def dovetail(folder: Path, load: Callable[[str], Identity] = Identity, **config: Any) -> Flask:
    """Everything on: request ids, CORS, CSRF and Origin checks. No log line: no peer writes one."""

    def authenticate(_credentials: Credentials) -> Identity:
        return Identity("7")

    app = Flask("dovetail", instance_path=str(folder))
    app.config.update(
        SECRET_KEY=SECRET_KEY,
        DOVETAIL_LOGS_FORMAT="off",
        DOVETAIL_AUTH_LOGIN_LIMIT_PER_ADDRESS="100000/minute",
        **config,
    )
    Dovetail(authenticate=authenticate, load_identity=load).init_app(app)
    app.add_url_rule("/thing", view_func=signed_in(lambda: ANSWER), endpoint="thing")
    return app


@cache
def _flask_security_models() -> tuple[Any, Any]:
    from flask_security import SQLAlchemyUserDatastore
    from flask_security.models import fsqla_v4
    from flask_sqlalchemy import SQLAlchemy

    db = SQLAlchemy()
    fsqla_v4.FsModels.set_db_info(db)

    class Role(db.Model, fsqla_v4.FsRoleMixin):  # type: ignore[name-defined, misc]
        pass

    class User(db.Model, fsqla_v4.FsUserMixin):  # type: ignore[name-defined, misc]
        pass

    class FsRefreshTracker(db.Model, fsqla_v4.FsRefreshTrackerMixin):  # type: ignore[name-defined, misc]
        pass

    return db, SQLAlchemyUserDatastore(db, User, Role, refresh_tracker_model=FsRefreshTracker)


def flask_security(database_url: str, guard: str, **config: Any) -> Flask:
    """With the SQLite settings that Dovetail takes for its own file."""
    from flask_security import Security, auth_required, hash_password

    app = Flask("flask_security")
    app.config.update(
        SECRET_KEY=SECRET_KEY,
        SECURITY_PASSWORD_SALT="benchmark",
        SQLALCHEMY_DATABASE_URI=database_url,
        WTF_CSRF_ENABLED=False,
        **config,
    )
    db, datastore = _flask_security_models()
    db.init_app(app)
    app.security = Security(app, datastore)  # type: ignore[attr-defined]
    with app.app_context():
        _tune(db.engine)
        db.create_all()
        datastore.create_user(email=LOGIN["email"], password=hash_password(LOGIN["password"]))
        db.session.commit()
    guarded = auth_required(guard)(lambda: ANSWER)
    app.add_url_rule("/thing", view_func=guarded, endpoint="thing")
    return app


def _tune(engine: Engine) -> None:
    if engine.dialect.name != "sqlite":
        return

    @event.listens_for(engine, "connect")
    def tune(connection: Any, _record: object) -> None:
        connection.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL")


def flask_jwt(algorithm: str) -> Flask:
    """As its documentation has it: tokens in headers, refreshed without rotation."""
    from flask_jwt_extended import (
        JWTManager,
        create_access_token,
        create_refresh_token,
        get_jwt_identity,
        jwt_required,
    )

    app = Flask("flask_jwt")
    app.config.update(SECRET_KEY=SECRET_KEY, JWT_ALGORITHM=algorithm)
    if algorithm != "HS256":
        private, public = _key_pair(algorithm)
        app.config.update(JWT_PRIVATE_KEY=private, JWT_PUBLIC_KEY=public)
    JWTManager(app)

    @app.post("/login")
    def login() -> dict[str, str]:
        return {
            "access_token": create_access_token("7"),
            "refresh_token": create_refresh_token("7"),
        }

    @app.post("/refresh")
    @jwt_required(refresh=True)
    def refresh() -> dict[str, str]:
        return {"access_token": create_access_token(get_jwt_identity())}

    app.add_url_rule("/thing", view_func=jwt_required()(lambda: ANSWER), endpoint="thing")
    return app


def _key_pair(algorithm: str) -> tuple[str, str]:
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
        PublicFormat,
    )

    key = (
        ed25519.Ed25519PrivateKey.generate()
        if algorithm == "EdDSA"
        else ec.generate_private_key(ec.SECP256R1())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return private.decode(), public.decode()
