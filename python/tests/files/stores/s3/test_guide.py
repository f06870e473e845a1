"""What docs/files-s3.md gives people to paste is what the server is tested with."""

from __future__ import annotations

import json
import re
from typing import Any

from flask_dovetail.files.stores.s3 import cors
from support.paths import ROOT
from support.s3_bucket import Bucket
from support.seaweed import POLICY

PAGE = ROOT / "docs" / "files-s3.md"


def block(having: str) -> dict[str, Any]:
    """The one JSON block of the page with that member."""
    blocks = re.findall(r"^```json\n(.*?)^```$", PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    (found,) = [each for each in map(json.loads, blocks) if having in each]
    assert isinstance(found, dict)
    return found


def test_the_policy_is_the_one_that_every_test_here_runs_under(s3: Bucket) -> None:
    text = json.dumps(block("Statement")).replace("our-files", s3.server.bucket)
    assert json.loads(text) == POLICY


def test_the_rule_for_pages_is_the_one_that_the_command_writes() -> None:
    assert block("CORSRules") == {"CORSRules": [cors.rule(["https://app.example.com"])]}


def test_the_lifecycle_is_one_that_a_store_takes(s3: Bucket) -> None:
    client, rules = s3.server.client(), block("Rules")
    client.put_bucket_lifecycle_configuration(Bucket=s3.server.bucket, LifecycleConfiguration=rules)
    client.delete_bucket_lifecycle(Bucket=s3.server.bucket)
