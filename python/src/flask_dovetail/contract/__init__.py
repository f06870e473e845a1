"""The contract: the inputs, answers and problems of an operation, written once on the view."""

from __future__ import annotations

from .answers import ResponseContractError
from .document import build_document
from .operations import operation
from .pages import Cursor, Page, PageQuery
from .problem import Problem
from .routes import init_app

__all__ = [
    "Cursor",
    "Page",
    "PageQuery",
    "Problem",
    "ResponseContractError",
    "build_document",
    "init_app",
    "operation",
]
