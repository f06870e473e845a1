"""Processes that work on the files of a test's site and are killed on the way: see test_kills.py.

Each line of the input is an order, as JSON: the site, what is done, and the call before or after
which a child dies that does it. Each line of the output is how that child ended.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from flask_dovetail import FilePolicy, store_file
from support.clock import Clock
from support.files_site import Visitor, make_files_site


def dying(owner: Any, name: str, *, after: bool) -> None:
    """Replace a method by one that kills this process."""
    real = getattr(owner, name)

    def method(*args: Any, **kwargs: Any) -> None:
        if after:
            real(*args, **kwargs)
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(owner, name, method)


def work(order: dict[str, Any]) -> None:
    clock = Clock(order["now"])
    site = make_files_site(
        Path(order["folder"]),
        policies={"file": FilePolicy(quota_bytes=order["quota"])},
        clock=clock,
        **order["config"],
    )
    ada = Visitor(site, "ada")
    of, _, name = order["dies"].rpartition(".")
    with site.inside() as known:
        dying(getattr(known, of), name, after=order["after"])
    do = order["do"]
    if do == "presign":
        ada.presign(b"hello")
    elif do == "commit":
        ada.commit({"key": order["key"]})
    elif do == "abort":
        ada.delete(f"/files/upload/{order['key']}")
    elif do == "store":
        with site.inside():
            store_file(
                b"hello", name="a.txt", content_type="text/plain", owner="ada", purpose="file"
            )
    elif do == "sweep":
        site.sweep()


def main() -> None:
    import sqlalchemy  # noqa: F401 - once, and not in each child

    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            work(json.loads(line))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
