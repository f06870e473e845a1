"""A process beside the one that serves: it notifies, in its own transactions, and says what it did.

REALTIME_APP='{"folder": …}' python -m support.realtime_worker SUBJECT COUNT
"""

from __future__ import annotations

import sys

from flask_dovetail import notify
from support.realtime_app import Liked, from_environment

if __name__ == "__main__":
    subject, count = sys.argv[1], int(sys.argv[2])
    app = from_environment()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    with app.app_context():
        for thing in range(count):
            notify(subject, Liked(thing=thing, by="worker"))
    sys.stdout.write("done\n")
