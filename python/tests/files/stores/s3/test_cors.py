"""Pages of other origins: the bucket lets this app's pages in, and nobody else's."""

from __future__ import annotations

import pytest
import requests
from botocore.exceptions import ClientError
from flask.testing import FlaskCliRunner

from flask_dovetail.files.cli import files as commands
from flask_dovetail.files.stores.s3 import cors
from support.files_site import MakeSite
from support.s3_bucket import Bucket, send

APP = "https://app.example.com"
OTHER = "https://app.example.com.evil.example"


@pytest.fixture
def admins(s3: Bucket, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    """Opened by somebody who may change the bucket, which has no rules."""
    for name, value in s3.server.environment(admin=True).items():
        monkeypatch.setenv(name, value)
    s3.server.client().delete_bucket_cors(Bucket=s3.server.bucket)
    s3.reopen()
    return s3


def preflight(s3: Bucket, origin: str, method: str = "PUT") -> requests.Response:
    """What a browser asks before it sends a part from a page of that origin."""
    asks = {
        "Origin": origin,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": "content-type",
    }
    return requests.options(s3.address(s3.begin(5)).url, headers=asks, timeout=30)


def lets_in(answer: requests.Response, origin: str, method: str = "PUT") -> bool:
    """What a browser makes of the answer."""
    said = answer.headers
    return (
        answer.ok
        and said.get("Access-Control-Allow-Origin") == origin
        and method in said.get("Access-Control-Allow-Methods", "").split(", ")
        and "content-type" in said.get("Access-Control-Allow-Headers", "").lower()
    )


def test_a_bucket_without_the_rule_lets_no_page_in(admins: Bucket) -> None:
    assert not lets_in(preflight(admins, APP), APP)


def test_the_pages_of_this_app_may_put_and_get(admins: Bucket) -> None:
    cors.apply(admins.store, [APP, "https://other.example.com"])
    for origin in (APP, "https://other.example.com"):
        for method in ("PUT", "GET", "HEAD"):
            assert lets_in(preflight(admins, origin, method), origin, method)
    sent = send(admins.address(admins.begin(5)), b"hello", Origin=APP)
    assert sent.headers["Access-Control-Allow-Origin"] == APP
    assert "ETag" in sent.headers["Access-Control-Expose-Headers"]


def test_other_pages_and_methods_are_kept_out(admins: Bucket) -> None:
    cors.apply(admins.store, [APP])
    for origin in (OTHER, "http://app.example.com", "https://example.com", "null"):
        assert not lets_in(preflight(admins, origin), origin)
    assert not lets_in(preflight(admins, APP, "DELETE"), APP, "DELETE")


def test_the_rule_takes_the_place_of_the_former_and_leaves_those_of_others(
    admins: Bucket,
) -> None:
    client, bucket = admins.server.client(), admins.server.bucket
    theirs = {"ID": "theirs", "AllowedOrigins": ["https://b.example"], "AllowedMethods": ["GET"]}
    nameless = {"AllowedOrigins": ["https://c.example"], "AllowedMethods": ["GET"]}
    rules = {"CORSRules": [theirs, nameless]}
    client.put_bucket_cors(Bucket=bucket, CORSConfiguration=rules)
    cors.apply(admins.store, ["https://old.example.com"])
    cors.apply(admins.store, [APP])
    left = client.get_bucket_cors(Bucket=bucket)["CORSRules"]
    assert [rule["AllowedOrigins"] for rule in left] == [
        ["https://b.example"],
        ["https://c.example"],
        [APP],
    ]


def test_the_application_itself_may_not_change_the_bucket(s3: Bucket) -> None:
    """The policy of the guide gives it no right to."""
    with pytest.raises(ClientError) as refused:
        cors.apply(s3.store, [APP])
    assert refused.value.response["Error"]["Code"] == "AccessDenied"


def test_the_command_takes_the_origins_from_the_topology(
    admins: Bucket, make_site: MakeSite
) -> None:
    site = make_site(
        **admins.config,
        DOVETAIL_API_ORIGIN="https://api.example.com",
        DOVETAIL_FRONTEND_ORIGINS=[APP],
    )
    done = FlaskCliRunner(site.app).invoke(commands, ["cors"])
    assert done.exit_code == 0, done.output
    assert APP in done.output
    assert lets_in(preflight(admins, APP), APP)
    assert not lets_in(preflight(admins, OTHER), OTHER)
