"""A real S3 server for tests, end-to-end runs and benchmarks: SeaweedFS, out of a wheel.

    python python/tests/support/seaweed.py

It prints one line of JSON when it can be written to, with `endpoint`, `region`, `bucket`,
`access_key` and `secret_key` (may do what an application has to), `admin_access_key` and
`admin_secret_key` (may do anything). It stops by SIGTERM, and leaves nothing behind.

A page of another origin is refused, as by Amazon S3, until the bucket has CORS rules.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

BUCKET = "dovetail"
# What the application may do, and no more: the policy of docs/files-s3.md.
POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": [
                "s3:PutObject",
                "s3:GetObject",
                "s3:DeleteObject",
                "s3:AbortMultipartUpload",
                "s3:ListMultipartUploadParts",
            ],
            "Resource": f"arn:aws:s3:::{BUCKET}/*",
        },
        {
            "Effect": "Allow",
            "Action": ["s3:ListBucket", "s3:ListBucketMultipartUploads"],
            "Resource": f"arn:aws:s3:::{BUCKET}",
        },
    ],
}
GRPC_OFFSET = 10_000
# These, and those of gRPC above them, are below what Linux gives to outgoing connections.
FIRST_PORT, LAST_PORT = 12_000, 22_700
PARTS = ("master", "volume", "filer", "s3", "admin")
ATTEMPTS = 5
START_SECONDS = 30
WEED = Path(sysconfig.get_path("scripts"), "weed")


class Seaweed:
    """An S3 server on 127.0.0.1, whose address and content stay when it is started again.

    Attributes:
        endpoint: its address.
        bucket: a bucket that is there.
        access_key, secret_key: may do what `POLICY` says.
        admin_access_key, admin_secret_key: may do anything.
    """

    region = "us-east-1"
    bucket = BUCKET

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="dt-s3-", dir="/tmp"))
        self._process: subprocess.Popen[bytes] | None = None
        self.access_key, self.secret_key = secrets.token_hex(10), secrets.token_hex(20)
        self.admin_access_key, self.admin_secret_key = secrets.token_hex(10), secrets.token_hex(20)
        self._identities = self._folder / "identities.json"
        self._identities.write_text(json.dumps(self._describe_access()))
        self._first_port = _free_block()

    def _describe_access(self) -> dict[str, Any]:
        def identity(name: str, key: str, secret: str, **rights: list[str]) -> dict[str, Any]:
            credentials = [{"accessKey": key, "secretKey": secret}]
            return {"name": name, "credentials": credentials, **rights}

        admin, app = self.admin_access_key, self.access_key
        return {
            "identities": [
                identity("admin", admin, self.admin_secret_key, actions=["Admin"]),
                identity("app", app, self.secret_key, policyNames=["app"]),
            ],
            "policies": [{"name": "app", "content": json.dumps(POLICY)}],
        }

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self._ports()['s3']}"

    def environment(self, *, admin: bool = False) -> dict[str, str]:
        """What boto3 takes its credentials from."""
        return {
            "AWS_ACCESS_KEY_ID": self.admin_access_key if admin else self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.admin_secret_key if admin else self.secret_key,
            "AWS_DEFAULT_REGION": self.region,
        }

    def describe(self) -> dict[str, str]:
        """The line that is printed."""
        return {
            "endpoint": self.endpoint,
            "region": self.region,
            "bucket": self.bucket,
            "access_key": self.access_key,
            "secret_key": self.secret_key,
            "admin_access_key": self.admin_access_key,
            "admin_secret_key": self.admin_secret_key,
        }

    def client(self) -> Any:
        """A boto3 client that may do anything."""
        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            region_name=self.region,
            aws_access_key_id=self.admin_access_key,
            aws_secret_access_key=self.admin_secret_key,
            config=Config(
                connect_timeout=2, read_timeout=10, retries={"total_max_attempts": 1}, proxies={}
            ),
        )

    def start(self) -> None:
        """Start, and wait until an object can be written.

        A port may be taken by somebody else meanwhile: the first start then tries others.
        """
        for attempts_left in reversed(range(1 if self._log.exists() else ATTEMPTS)):
            self._spawn()
            if self._wait_until_writable():
                return
            self.stop()
            if attempts_left:
                self._first_port = _free_block()
        raise RuntimeError(f"SeaweedFS does not start:\n{self._log.read_text()}")

    def stop(self) -> None:
        """Kill it. What was written is there at the next start."""
        assert self._process is not None
        self._process.kill()  # to end on SIGTERM takes it seconds, and now and then it hangs
        self._process.wait()
        self._process = None
        for part, port in self._ports().items():
            for name in (f"{part}-{port}", f"{part}-grpc-{port + GRPC_OFFSET}"):
                Path(f"/tmp/seaweedfs-{name}.sock").unlink(missing_ok=True)

    def close(self) -> None:
        if self._process is not None:
            self.stop()
        shutil.rmtree(self._folder)

    @property
    def _log(self) -> Path:
        return self._folder / "log"

    def _ports(self) -> dict[str, int]:
        return {part: self._first_port + index for index, part in enumerate(PARTS)}

    def _spawn(self) -> None:
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [
                    *(WEED, "mini", "-ip=127.0.0.1", "-ip.bind=127.0.0.1"),
                    *(f"-dir={self._folder}", f"-s3.config={self._identities}"),
                    *(f"-{part}.port={port}" for part, port in self._ports().items()),
                    *("-s3.port.iceberg=0", "-s3.port.lance=0", "-webdav=false"),
                    *("-admin.ui=false", "-master.telemetry=false", "-s3.allowedOrigins="),
                    # Else volumes come before the master leads again, and try it 5 s later.
                    "-master.resumeState=false",
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self._folder,
                env={"PATH": os.environ["PATH"], "HOME": str(self._folder)},
            )

    def _wait_until_writable(self) -> bool:
        assert self._process is not None
        client = self.client()
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                client.create_bucket(Bucket=self.bucket)
            except client.exceptions.BucketAlreadyOwnedByYou:
                pass
            except (BotoCoreError, ClientError):
                time.sleep(0.05)
                continue
            try:
                # Not an empty one: that is kept without a volume, which may not be there yet.
                client.put_object(Bucket=self.bucket, Key="ready", Body=b"ready")
                client.delete_object(Bucket=self.bucket, Key="ready")
            except (BotoCoreError, ClientError):
                time.sleep(0.05)
            else:
                return True
        return False


def _free_block() -> int:
    """The first of as many ports as there are parts; those of gRPC are free, too."""
    while True:
        first = FIRST_PORT + secrets.randbelow(LAST_PORT - FIRST_PORT)
        wanted = range(first, first + len(PARTS))
        if all(_is_free(port) and _is_free(port + GRPC_OFFSET) for port in wanted):
            return first


def _is_free(port: int) -> bool:
    with socket.socket() as listener:
        try:
            listener.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def main() -> None:
    # Before anything is started: whoever is told to stop meanwhile clears away, too.
    signal.signal(signal.SIGTERM, lambda *_: exit_quietly())
    server = Seaweed()
    try:
        server.start()
        sys.stdout.write(json.dumps(server.describe()) + "\n")
        sys.stdout.flush()
        signal.pause()
    finally:
        server.close()


def exit_quietly() -> None:
    raise SystemExit(0)


if __name__ == "__main__":
    main()
