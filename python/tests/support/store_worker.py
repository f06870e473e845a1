"""Another process at the same store: started by a test, told what to do by one JSON line.

Says "ready" when it has read the login, waits for a line, then works and says how it went.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from flask_dovetail.auth.logins.sql import SqlLogins
from flask_dovetail.auth.logins.valkey import ValkeyLogins

if TYPE_CHECKING:
    from flask_dovetail.auth.logins.store import Logins


def open_store(kind: str, url: str) -> Logins:
    if kind == "valkey":
        from valkey import Valkey

        client = Valkey.from_url(url)
        return ValkeyLogins(lambda: client, idle_seconds=3600, refresh_idle_seconds=604_800)
    from sqlalchemy import create_engine

    engine = create_engine(url)
    return SqlLogins(lambda: engine, idle_seconds=3600, refresh_idle_seconds=604_800)


def main() -> None:
    order = json.loads(sys.argv[1])
    logins = open_store(order["kind"], order["url"])
    login = logins.find(order["token_hash"])
    assert login is not None
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    if order["do"] == "rotate":
        won = logins.rotate(login, order["token_hash"], successor=order["successor"])
        sys.stdout.write(json.dumps(won))
        return
    touched = 0
    while logins.touch(login, order["token_hash"], now=login.created_at + touched):
        touched += 1
    sys.stdout.write(json.dumps(touched))


if __name__ == "__main__":
    main()
