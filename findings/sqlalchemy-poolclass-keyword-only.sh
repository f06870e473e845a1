#!/usr/bin/env bash
# SQLAlchemy 2.1.9: create_engine(poolclass=...) passes your pool's own arguments on by name, which is
# how pool_size works for a subclass, but none that are keyword-only.
#
# Guess: create_engine(url, poolclass=MyPool, colour="red") reaches MyPool.__init__(self, creator, *, colour).
# Seen: TypeError "Invalid argument(s) 'colour' sent to create_engine()". Without the asterisk the same call works.
# Also seen: the subclass logs under its own module's name, not under sqlalchemy.pool, so that an
# application at level INFO gets the pool's lines.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'sqlalchemy==2.1.9'
"$folder/venv/bin/python" - <<'PYTHON'
from sqlalchemy import create_engine
from sqlalchemy.pool import QueuePool


class Strict(QueuePool):
    def __init__(self, creator, *, colour=None, **options):
        super().__init__(creator, **options)
        self.colour = colour


class Plain(QueuePool):
    def __init__(self, creator, colour=None, **options):
        super().__init__(creator, **options)
        self.colour = colour


try:
    create_engine("sqlite:///x.db", poolclass=Strict, colour="red")
except TypeError as error:
    assert "Invalid argument(s) 'colour'" in str(error), error
    print("keyword-only:", str(error).split(",")[0])
else:
    raise SystemExit("changed: a keyword-only argument is passed on now")

engine = create_engine("sqlite:///x.db", poolclass=Plain, colour="red")
assert engine.pool.colour == "red"
print("positional or keyword: passed on,", engine.pool.colour)
assert engine.pool.logger.name == "__main__.Plain", engine.pool.logger.name
print("its logger:", engine.pool.logger.name)
PYTHON
