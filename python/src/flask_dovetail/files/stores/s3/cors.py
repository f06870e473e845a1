"""Write the bucket's CORS rule: which pages may send to it and read from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection

    from .store import S3Store

ID = "dovetail"
MAX_AGE_SECONDS = 3600


def rule(origins: Collection[str]) -> dict[str, Any]:
    """Return the rule for pages of exactly these origins."""
    return {
        "ID": ID,
        "AllowedOrigins": sorted(origins),
        "AllowedMethods": ["GET", "HEAD", "PUT"],
        "AllowedHeaders": ["Content-Type", "Range"],
        "ExposeHeaders": ["ETag"],
        "MaxAgeSeconds": MAX_AGE_SECONDS,
    }


def apply(store: S3Store, origins: Collection[str]) -> None:
    """Write the rule in place of our former one; rules of others stay.

    Raises:
        ClientError: the credentials may not do that; they need `s3:GetBucketCORS` and
            `s3:PutBucketCORS`.
    """
    from botocore.exceptions import ClientError

    client = store.client()
    try:
        there = client.get_bucket_cors(Bucket=store.bucket)["CORSRules"]
    except ClientError as refusal:
        if refusal.response["Error"].get("Code") != "NoSuchCORSConfiguration":
            raise
        there = []
    others = [each for each in there if each.get("ID") != ID]
    client.put_bucket_cors(
        Bucket=store.bucket, CORSConfiguration={"CORSRules": [*others, rule(origins)]}
    )
