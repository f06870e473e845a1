"""Another process at the same folder: told what to do by one line of JSON, then works.

    {"folder": …, "part": [key, number, offset, size], "byte": 7, "stop_after": null, "most": null}

It receives that part, made of that byte. After `stop_after` bytes it says "stopped" and waits for
the end of its input (or for being killed). No file of its may be larger than `most` bytes.
"""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path

from flask_dovetail.files.stores.local.part_urls import Part
from flask_dovetail.files.stores.store import NoSpace
from support.parts_server import open_store

PIECE_BYTES = 65_536


def say(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


def main() -> None:
    told = json.loads(sys.stdin.readline())
    if told["most"] is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (told["most"], told["most"]))
    given = 0

    def read_into(buffer: memoryview) -> int:
        nonlocal given
        if told["stop_after"] is not None and given >= told["stop_after"]:
            say("stopped")
            sys.stdin.read()
        count = min(len(buffer), PIECE_BYTES)
        given += count
        buffer[:count] = bytes([told["byte"]]) * count
        return count

    part = Part(*told["part"], "ada", "login", 0)
    try:
        open_store(Path(told["folder"])).receive(part, read_into)
    except NoSpace:
        say("no space")
    else:
        say("received")


main()
