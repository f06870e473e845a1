"""Files: straight to storage, resumable, verified. `docs/files.md` is the guide."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from ..core import settings, state, sweeping
from ..core.encoding import derive_key
from ..core.errors import ConfigurationError
from ..core.mounted import Mounted
from ..core.signing import Signer
from .api import delete_file, find_file, open_file, store_file
from .cli import files as commands
from .config import FileSettings
from .downloads.links import content_url
from .files import Files
from .policy import File, FilePolicy, Upload
from .stores.store import Missing
from .sweep import sweep_files, sweep_uploads

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from flask import Flask
    from sqlalchemy import Engine

    from ..core.identity import Authority
    from ..topology import Topology

__all__ = [
    "File",
    "FilePolicy",
    "Missing",
    "Upload",
    "content_url",
    "delete_file",
    "find_file",
    "init_app",
    "open_file",
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
) -> Mounted:
    """Serve `/files`.

    Args:
        policies: by purpose; the first is the default of requests that name no purpose.
        engine: called at the first use, not before.
        secret_keys: the first one signs; signatures of all of them are accepted.
        clock: Unix seconds.

    Returns:
        The command, the check of a remote store, and the origins of part addresses.

    Raises:
        ConfigurationError: a setting or a purpose cannot work.
        MissingExtraError: the store needs a package that is not installed.
    """
    _demand_purposes(policies)
    file_settings = settings.read(FileSettings, app.config)
    folder = (
        Path(app.instance_path) / "files"
        if file_settings.folder is None
        else Path(file_settings.folder)
    )
    files = Files(
        settings=file_settings,
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
    state.put(app, files)
    sweeps = sweeping.of(app)
    sweeps.register("uploads", lambda: sweep_uploads(files))
    sweeps.register("files", lambda: sweep_files(files))
    _serve(app, files)
    return Mounted((commands,), _checks(files), _page_origins(files))


def _page_origins(files: Files) -> tuple[str, ...]:
    """Return the other origins that a page sends files to and shows them from."""
    api = (files.api_origin,) if any(o != files.api_origin for o in files.page_origins) else ()
    return api if files.store.origin is None else (*api, files.store.origin)


def _checks(files: Files) -> dict[str, Callable[[], None]]:
    """Return the readiness check of a remote store; a local one needs no check."""
    if files.settings.store == "local":
        return {}
    from .stores.s3.store import S3Store

    def ping() -> None:
        store = files.store  # the store of the process that runs the check
        assert isinstance(store, S3Store)
        store.ping()

    return {"files": ping}


def _serve(app: Flask, files: Files) -> None:
    from . import routes
    from .downloads import routes as content

    problems = {each: None for policy in files.policies.values() for each in policy.problems}
    app.register_blueprint(routes.blueprint(files.authority, tuple(problems)))
    app.register_blueprint(content.blueprint(tuple(problems)))
    if files.settings.store == "local":
        from .stores.local import routes as local_routes
        from .stores.local.store import LocalStore

        def store() -> LocalStore:
            assert isinstance(files.store, LocalStore)
            return files.store

        app.register_blueprint(
            local_routes.blueprint(
                store,
                files.authority,
                uploads_at_once=files.settings.uploads_at_once,
                clock=files.clock,
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
