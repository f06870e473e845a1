"""Files: straight to storage, resumable, verified. `docs/files.md` is the guide."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from .. import settings, state, sweeping
from ..core.encoding import derive_key
from ..errors import ConfigurationError
from .cli import files as commands
from .config import FileSettings
from .links import content_url
from .policy import File, FilePolicy, Upload
from .rules.signing import Signer
from .served import delete_file, find_file, open_file, store_file
from .service import Files
from .store import Missing
from .sweep import sweep_files, sweep_uploads

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from flask import Flask
    from sqlalchemy import Engine

    from ..auth.identity import Authority
    from ..topology import Topology

__all__ = [
    "File",
    "FilePolicy",
    "Missing",
    "Upload",
    "checks",
    "commands",
    "content_url",
    "delete_file",
    "find_file",
    "init_app",
    "open_file",
    "origins",
    "store_file",
]


def init_app(
    app: Flask,
    policies: Mapping[str, FilePolicy],
    *,
    topology: Topology,
    engine: Callable[[], Engine],
    secret_keys: Sequence[str | bytes],
    authority: Authority,
    clock: Callable[[], float] = time.time,
) -> None:
    """Serve `/files`.

    Args:
        policies: by purpose; the first is meant where a request names none.
        engine: asked at the first use, not before.
        secret_keys: signs with keys derived from the first, takes what any of them signed.
        clock: Unix seconds.

    Raises:
        ConfigurationError: a setting or a purpose cannot work.
        MissingExtraError: the store needs a package that is not installed.
    """
    _demand_purposes(policies)
    given = settings.read(FileSettings, app.config)
    folder = Path(app.instance_path) / "files" if given.folder is None else Path(given.folder)
    known = Files(
        settings=given,
        policies=dict(policies),
        folder=folder.absolute(),
        api_origin=str(topology.api_origin),
        page_origins=tuple(sorted(topology.allowed_origins)),
        engine=engine,
        signer=_signer(secret_keys, b"dovetail files upload v1"),
        link_signer=_signer(secret_keys, b"dovetail files link v1"),
        authority=authority,
        clock=clock,
    )
    state.put(app, known)
    swept = sweeping.of(app)
    swept.register("uploads", lambda: sweep_uploads(known))
    swept.register("files", lambda: sweep_files(known))
    _serve(app, known)


def origins(app: Flask) -> tuple[str, ...]:
    """Where a page sends files to and shows them from, besides its own origin."""
    known = state.get(Files, app)
    api = (known.api_origin,) if any(o != known.api_origin for o in known.page_origins) else ()
    return api if known.store.origin is None else (*api, known.store.origin)


def checks(app: Flask) -> dict[str, Callable[[], None]]:
    """The readiness check, where the bytes are not on this machine."""
    known = state.get(Files, app)
    if known.settings.store == "local":
        return {}
    from .s3.store import S3Store

    def ping() -> None:
        store = known.store  # of the process that is asked
        assert isinstance(store, S3Store)
        store.ping()

    return {"files": ping}


def _serve(app: Flask, known: Files) -> None:
    from . import content, routes

    problems = {each: None for policy in known.policies.values() for each in policy.problems}
    app.register_blueprint(routes.blueprint(known.authority, tuple(problems)))
    app.register_blueprint(content.blueprint(tuple(problems)))
    if known.settings.store == "local":
        from .local import routes as local_routes
        from .local.store import LocalStore

        def store() -> LocalStore:
            assert isinstance(known.store, LocalStore)
            return known.store

        app.register_blueprint(
            local_routes.blueprint(
                store,
                known.authority,
                uploads_at_once=known.settings.uploads_at_once,
                clock=known.clock,
            )
        )


def _demand_purposes(policies: Mapping[str, FilePolicy]) -> None:
    if policies and all(isinstance(name, str) and 1 <= len(name) <= 64 for name in policies):
        return
    raise ConfigurationError(
        "Dovetail(files=...) names no purpose, or one that is not 1 to 64 characters.",
        key="Dovetail(files=...)",
        cure='Name what files are for, as in files={"file": FilePolicy()}.',
    )


def _signer(secret_keys: Sequence[str | bytes], label: bytes) -> Signer:
    return Signer(tuple(derive_key(key, label) for key in secret_keys))
