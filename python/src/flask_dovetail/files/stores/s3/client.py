"""boto3 clients as files need them. Imported when the first of them is made."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from boto3.session import Session
from botocore import UNSIGNED
from botocore.config import Config

if TYPE_CHECKING:
    from ...config import FileSettings

CONNECT_TIMEOUT_SECONDS = 2.0
ANSWER_TIMEOUT_SECONDS = 20.0  # putting a file of many parts together takes a store a while
ATTEMPTS = 2  # pooled connections are stale after a restart: one retry, so that nobody notices
CONNECTIONS = 50

# At DEBUG they write signatures, session tokens and the answers of credential services.
_TELLTALES = ("botocore.auth", "botocore.endpoint", "botocore.parsers")


def make(settings: FileSettings, *, endpoint: str | None, signed: bool = True) -> Any:
    """A client for the store at `endpoint` (None: Amazon's). Safe for threads, not for forks.

    Args:
        signed: False makes one that needs no credentials, which can name addresses only.
    """
    for name in _TELLTALES:
        logging.getLogger(name).setLevel(logging.INFO)
    return Session().client(
        "s3",
        endpoint_url=endpoint,
        region_name=settings.s3_region,
        config=Config(
            signature_version="s3v4" if signed else UNSIGNED,
            # A checksum that boto3 adds of its own accord would be signed, and no browser sends it.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            # Otherwise addresses lead to Amazon's oldest region, whose redirects browsers refuse.
            s3={"addressing_style": "virtual" if endpoint is None else "auto"},
            connect_timeout=CONNECT_TIMEOUT_SECONDS,
            read_timeout=ANSWER_TIMEOUT_SECONDS,
            retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
            max_pool_connections=CONNECTIONS,
        ),
    )
