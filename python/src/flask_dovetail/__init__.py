"""Dovetail: the joint between a Flask backend and its SPA or SSR frontend."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .auth import (
    Credentials,
    ExternalAccount,
    Identity,
    Login,
    csrf_exempt,
    current_identity,
    current_login,
    end_connections,
    end_logins,
    list_logins,
    refresh_reused,
    rotate_login,
    signed_in,
)
from .contract import Cursor, Page, PageQuery, Problem, operation
from .errors import ConfigurationError, DeclarationError, DovetailError, MissingExtraError
from .extension import Dovetail
from .topology import Topology

if TYPE_CHECKING:
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

__all__ = [
    "ConfigurationError",
    "Credentials",
    "Cursor",
    "DeclarationError",
    "Dovetail",
    "DovetailError",
    "ExternalAccount",
    "File",
    "FilePolicy",
    "Identity",
    "Login",
    "MissingExtraError",
    "Page",
    "PageQuery",
    "Problem",
    "Topology",
    "Upload",
    "content_url",
    "csrf_exempt",
    "current_identity",
    "current_login",
    "delete_file",
    "end_connections",
    "end_logins",
    "find_file",
    "list_logins",
    "open_file",
    "operation",
    "refresh_reused",
    "rotate_login",
    "signed_in",
    "store_file",
]

_FILES = frozenset(
    (
        "File",
        "FilePolicy",
        "Upload",
        "content_url",
        "delete_file",
        "find_file",
        "open_file",
        "store_file",
    )
)


def __getattr__(name: str) -> Any:
    """Load what is for files when it is first asked for: who has none does not wait for it."""
    if name in _FILES:
        from . import files

        return getattr(files, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
