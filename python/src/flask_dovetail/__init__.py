"""Dovetail: the joint between a Flask backend and its SPA or SSR frontend."""

from __future__ import annotations

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

__all__ = [
    "ConfigurationError",
    "Credentials",
    "Cursor",
    "DeclarationError",
    "Dovetail",
    "DovetailError",
    "ExternalAccount",
    "Identity",
    "Login",
    "MissingExtraError",
    "Page",
    "PageQuery",
    "Problem",
    "Topology",
    "csrf_exempt",
    "current_identity",
    "current_login",
    "end_connections",
    "end_logins",
    "list_logins",
    "operation",
    "refresh_reused",
    "rotate_login",
    "signed_in",
]
