"""Dovetail: the joint between a Flask backend and its SPA or SSR frontend."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .auth import (
    Credentials,
    ExternalAccount,
    Identity,
    Login,
    SecurityScheme,
    begin_login,
    csrf_exempt,
    csrf_token,
    current_identity,
    current_login,
    end_connections,
    end_logins,
    list_logins,
    password_checks,
    refresh_reused,
    rotate_login,
    signed_in,
)
from .contract import Cursor, Page, PageQuery, Problem, operation
from .core.addresses import address_key
from .core.errors import ConfigurationError, DeclarationError, DovetailError, MissingExtraError
from .extension import Dovetail
from .server.bulkhead import Bulkhead
from .topology import Topology

if TYPE_CHECKING:
    from .contract import build_document
    from .files import (
        File,
        FilePolicy,
        Upload,
        content_url,
        delete_file,
        find_file,
        open_file,
        store_file,
    )
    from .realtime import Event, Namespace, notify
    from .storage.outage_errors import is_outage
    from .storage.pool import engine_options
    from .telemetry import current_request_id

__all__ = [
    "Bulkhead",
    "ConfigurationError",
    "Credentials",
    "Cursor",
    "DeclarationError",
    "Dovetail",
    "DovetailError",
    "Event",
    "ExternalAccount",
    "File",
    "FilePolicy",
    "Identity",
    "Login",
    "MissingExtraError",
    "Namespace",
    "Page",
    "PageQuery",
    "Problem",
    "SecurityScheme",
    "Topology",
    "Upload",
    "address_key",
    "begin_login",
    "build_document",
    "content_url",
    "csrf_exempt",
    "csrf_token",
    "current_identity",
    "current_login",
    "current_request_id",
    "delete_file",
    "end_connections",
    "end_logins",
    "engine_options",
    "find_file",
    "is_outage",
    "list_logins",
    "notify",
    "open_file",
    "operation",
    "password_checks",
    "refresh_reused",
    "rotate_login",
    "signed_in",
    "store_file",
]

_LATER = {
    "build_document": "contract",
    "current_request_id": "telemetry",
    "is_outage": "storage.outage_errors",
    "engine_options": "storage.pool",
    "File": "files",
    "FilePolicy": "files",
    "Upload": "files",
    "content_url": "files",
    "delete_file": "files",
    "find_file": "files",
    "open_file": "files",
    "store_file": "files",
    "Event": "realtime",
    "Namespace": "realtime",
    "notify": "realtime",
}
"""The names that not every app needs: their modules are imported at first use."""


def __getattr__(name: str) -> Any:
    """Load a feature when it is first used."""
    if name in _LATER:
        from importlib import import_module

        return getattr(import_module(f".{_LATER[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
