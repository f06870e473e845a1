"""The settings of files: `DOVETAIL_FILES_*`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..core.errors import ConfigurationError
from ..core.settings import check_bounds, setting

MIB = 1024 * 1024
MIN_PART_BYTES = 64 * 1024
MIN_PART_BYTES_S3 = 5 * MIB  # of every part but the last: Amazon S3's limit
MAX_PART_BYTES = 64 * MIB
MAX_PARTS = 10_000  # Amazon S3's limit
MAX_URL_SECONDS = 604_800  # SigV4 signs for a week at most


@dataclass(frozen=True)
class FileSettings:
    """The settings of storage, limits and lifetimes."""

    store: Literal["local", "s3"] = setting(
        "DOVETAIL_FILES_STORE",
        default="local",
        doc="The store of the bytes: a folder of this machine (`local`) or an S3-compatible store "
        "(`s3`, needs `flask-dovetail[s3]`).",
    )
    folder: str | None = setting(
        "DOVETAIL_FILES_FOLDER",
        default=None,
        shown="`files` in the instance folder",
        doc="The folder of the local store. All processes need the same one.",
    )
    part_bytes: int = setting(
        "DOVETAIL_FILES_PART_BYTES",
        within=(MIN_PART_BYTES, MAX_PART_BYTES),
        default=8 * MIB,
        doc="Larger files travel in parts of so many bytes (64 KiB, for `s3` 5 MiB, to 64 MiB).",
    )
    upload_seconds: int = setting(
        "DOVETAIL_FILES_UPLOAD_SECONDS",
        within=(60, 30 * 86_400),
        default=86_400,
        doc="An unfinished upload is dropped after so many seconds, with the parts that have "
        "arrived.",
    )
    url_seconds: int = setting(
        "DOVETAIL_FILES_URL_SECONDS",
        within=(60, MAX_URL_SECONDS),
        default=900,
        doc="How long a signed upload address lives (60 seconds to a week).",
    )
    link_seconds: int = setting(
        "DOVETAIL_FILES_LINK_SECONDS",
        within=(60, MAX_URL_SECONDS // 2),
        default=3600,
        doc="How long a `content_url` opens a file: at least so many seconds, at most twice as "
        "many.",
    )
    restore_seconds: int = setting(
        "DOVETAIL_FILES_RESTORE_SECONDS",
        within=(0, 30 * 86_400),
        default=600,
        doc="How long a deleted file can be restored before its bytes go.",
    )
    quota_bytes: int = setting(
        "DOVETAIL_FILES_QUOTA_BYTES",
        within=(0, 2**62),
        default=10 * 1024 * MIB,
        doc="Bytes that one person's files of one purpose may take on the disk together, where the "
        "policy names no `quota_bytes`. Deleted files and uploads under way count until their "
        "bytes are dropped.",
        unit="bytes",
        beyond="409 `QUOTA_EXCEEDED`",
    )
    quota_files: int = setting(
        "DOVETAIL_FILES_QUOTA_FILES",
        within=(0, 2**31),
        default=10_000,
        doc="Files of one purpose that one person may have, where the policy names no "
        "`quota_files`; counted in the same way.",
        unit="files",
        beyond="409 `QUOTA_EXCEEDED`",
    )
    uploads_per_person: int = setting(
        "DOVETAIL_FILES_UPLOADS_PER_PERSON",
        within=(1, 100_000),
        default=100,
        doc="Unfinished uploads of one person, of all purposes together.",
        unit="uploads",
        beyond="409 `QUOTA_EXCEEDED`",
    )
    uploads_per_hour: int = setting(
        "DOVETAIL_FILES_UPLOADS_PER_HOUR",
        within=(1, 1_000_000),
        default=5000,
        doc="Uploads that one person may begin in an hour, of all purposes together, however they "
        "end: each leaves a row for as long as its addresses may live, and an hour more.",
        unit="uploads / hour",
        beyond="429 `TOO_MANY_REQUESTS`",
    )
    reads_at_once: int = setting(
        "DOVETAIL_FILES_READS_AT_ONCE",
        within=(1, 1000),
        default=4,
        doc="Uploads that one process reads through for their checksums at the same time; four "
        "times as many more wait, for 10 seconds.",
        unit="commits",
        beyond="503 `SERVICE_UNAVAILABLE`",
    )
    uploads_at_once: int = setting(
        "DOVETAIL_FILES_UPLOADS_AT_ONCE",
        within=(1, 10_000),
        default=20,
        unit="parts",
        beyond="503 `SERVICE_UNAVAILABLE`",
        doc="Parts that one process receives at the same time (local store); further ones are "
        "refused, to come back in a second. Keep it below the server's threads, so that the rest "
        "of the API has some.",
    )
    x_accel_prefix: str | None = setting(
        "DOVETAIL_FILES_X_ACCEL_PREFIX",
        default=None,
        doc="The internal nginx location of the local folder, such as `/_files/`; downloads are "
        "then sent by nginx (`X-Accel-Redirect`).",
    )
    s3_bucket: str | None = setting(
        "DOVETAIL_FILES_S3_BUCKET", default=None, doc="The bucket; required for `s3`."
    )
    s3_prefix: str = setting(
        "DOVETAIL_FILES_S3_PREFIX",
        default="",
        doc="The beginning of every key in the bucket.",
    )
    s3_endpoint: str | None = setting(
        "DOVETAIL_FILES_S3_ENDPOINT",
        default=None,
        shown="Amazon's",
        doc="The address of an S3-compatible store. Credentials come from boto3's own chain.",
    )
    s3_public_endpoint: str | None = setting(
        "DOVETAIL_FILES_S3_PUBLIC_ENDPOINT",
        default=None,
        shown="`DOVETAIL_FILES_S3_ENDPOINT`",
        doc="The address by which browsers reach the store, where it is another one.",
    )
    s3_region: str | None = setting(
        "DOVETAIL_FILES_S3_REGION", default=None, shown="boto3's", doc="The region of the bucket."
    )

    def __post_init__(self) -> None:
        if self.store == "s3":
            within = (MIN_PART_BYTES_S3, MAX_PART_BYTES)
            check_bounds(self.part_bytes, within, "DOVETAIL_FILES_PART_BYTES")
        if self.store == "s3" and not self.s3_bucket:
            raise ConfigurationError(
                'DOVETAIL_FILES_STORE is "s3", but no bucket is named.',
                key="DOVETAIL_FILES_S3_BUCKET",
                cure="Name the bucket.",
            )
        if self.x_accel_prefix is not None and not (
            self.x_accel_prefix.startswith("/") and self.x_accel_prefix.endswith("/")
        ):
            raise ConfigurationError(
                f"DOVETAIL_FILES_X_ACCEL_PREFIX is {self.x_accel_prefix!r}.",
                key="DOVETAIL_FILES_X_ACCEL_PREFIX",
                cure='Write it as nginx does, with a slash at both ends: "/_files/".',
            )
