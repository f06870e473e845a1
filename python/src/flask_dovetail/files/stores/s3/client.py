"""Make boto3 clients for files; boto3 is imported with the first of them."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from boto3.session import Session
from botocore import UNSIGNED
from botocore.config import Config

if TYPE_CHECKING:
    from ...config import FileSettings

CONNECT_TIMEOUT_SECONDS = 2.0
ANSWER_TIMEOUT_SECONDS = 20.0  # some stores take a while to assemble a file of many parts
ATTEMPTS = 2  # pooled connections are stale after a restart: one retry hides that
CONNECTIONS = 50

# At DEBUG these loggers write signatures, session tokens and the responses of credential services.
_TELLTALES = ("botocore.auth", "botocore.endpoint", "botocore.parsers")


def make(settings: FileSettings, *, endpoint: str | None, signed: bool = True) -> Any:
    """Make a client for the store at `endpoint` (None: Amazon's).

    It is safe for threads, not for forks.

    Args:
        signed: False makes a client without credentials, which can only build addresses.
    """
    for name in _TELLTALES:
        logging.getLogger(name).setLevel(logging.INFO)
    return Session().client(
        "s3",
        endpoint_url=endpoint,
        region_name=settings.s3_region,
        config=Config(
            signature_version="s3v4" if signed else UNSIGNED,
            # A checksum that boto3 adds by default would be signed, but no browser sends it.
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
