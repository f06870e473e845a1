"""The contract that is served holds for whatever can be generated from it (schemathesis)."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from starter_support.running import Browser, serve

ENDS_LOGINS = (
    "/api/password",  # keeps it, under a new id
    "/auth/login",
    "/auth/logout",
    "/auth/logout-others",
    "/auth/sessions/{login_id}",
)


def configuration(member: Browser) -> str:
    """Signed in as `member`.

    A cursor is opaque: no schema can say which ones a list has made. Nor does one say all that a
    name of a file, its type or its purpose may not be.
    """
    scheme, token = member.headers.get("Authorization", "session ").split(" ")
    credential = f'bearer = "{token}"' if token else f'api_key = "{member.cookies["sid"]}"'
    return f"""
[auth.openapi.{scheme.lower()}]
{credential}

[[operations]]
include-name = ["GET /api/posts", "GET /api/notifications", "GET /files"]
checks.positive_data_acceptance.expected-statuses = ["2xx", 400, 422]

[[operations]]
include-name = "GET /api/posts/{{post_id}}/comments"
checks.positive_data_acceptance.expected-statuses = ["2xx", 400, 404, 422]

[[operations]]
include-name = "POST /files/upload/presign"
checks.positive_data_acceptance.expected-statuses = ["2xx", 403, 409, 413, 422]
"""


KEEPS = [f"--exclude-path={path}" for path in ENDS_LOGINS]
ENDS = [f"--include-path={path}" for path in ENDS_LOGINS]


@pytest.mark.parametrize(
    ("chosen", "strategy", "examples"),
    [
        pytest.param(KEEPS, "token", 4, id="few of what keeps the login, token"),
        pytest.param(ENDS, "session", 4, id="few of what ends the login, session"),
        *(
            pytest.param(
                chosen,
                strategy,
                12,
                id=f"what {what} the login, {strategy}",
                marks=pytest.mark.long,
            )
            for chosen, what in ((KEEPS, "keeps"), (ENDS, "ends"))
            for strategy in ("session", "token")
        ),
    ],
)
def test_schemathesis_finds_nothing_on_the_running_server(
    tmp_path: Path, chosen: Sequence[str], strategy: str, examples: int
) -> None:
    """Every operation, signed in: no 500, nothing undocumented, nothing wrongly refused."""
    with serve(tmp_path, STARTER_AUTH=strategy) as server, server.browser() as browser:
        (tmp_path / "schemathesis.toml").write_text(configuration(browser.sign_in()))
        outcome = subprocess.run(
            [
                Path(sys.executable).parent / "st",
                "run",
                f"{server.origin}/openapi.json",
                f"--header=X-CSRF-Token:{browser.headers['X-CSRF-Token']}",
                f"--max-examples={examples}",
                "--seed=2",
                "--no-color",
                "--output-truncate=false",
                *chosen,
            ],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
