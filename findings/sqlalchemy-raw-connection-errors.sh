#!/usr/bin/env bash
# SQLAlchemy 2.1.9 with psycopg 3.3.9: a server that cannot be reached is two different errors.
#
# Guess: whatever an Engine raises because it cannot connect is a sqlalchemy.exc.DBAPIError.
# Seen: Engine.connect() raises sqlalchemy.exc.OperationalError; Engine.raw_connection() and
# Engine.pool.connect() let the driver's own exception through, which no `except SQLAlchemyError` catches.
# Cost: the code path that uses the raw connection answers 500 where the rest of the application answers 503.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'sqlalchemy==2.1.9' 'psycopg[binary]==3.3.9'
"$folder/venv/bin/python" - <<'PYTHON'
import psycopg
from sqlalchemy import create_engine
from sqlalchemy.exc import SQLAlchemyError

engine = create_engine("postgresql+psycopg://nobody@127.0.0.1:1/none")  # a port that nobody listens on


def raised_by(call):
    try:
        call()
    except Exception as error:
        return error
    raise SystemExit("changed: it could connect")


translated = raised_by(engine.connect)
raw = raised_by(engine.raw_connection)
pooled = raised_by(engine.pool.connect)
for name, error in (("connect()", translated), ("raw_connection()", raw), ("pool.connect()", pooled)):
    print(f"{name:18}", f"{type(error).__module__}.{type(error).__name__}")
assert isinstance(translated, SQLAlchemyError)
for error in (raw, pooled):
    assert isinstance(error, psycopg.OperationalError), error
    assert not isinstance(error, SQLAlchemyError), "changed: it is translated now"
PYTHON
