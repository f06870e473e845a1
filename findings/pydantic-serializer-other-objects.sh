#!/usr/bin/env bash
# pydantic 2.14.3: a serializer of a declared model treats a dict and an object of another class quite differently.
#
# Guess: `TypeAdapter(Public).dump_json(value)` writes the fields of Public, or warns and writes what it was given.
# Seen: an object of any other class with attributes is written as if it were a Public, without a warning, and a field
# that it lacks is left out in silence. A dict with the same content leaves whole, fields that nobody declared included,
# with a warning only. So what a declared answer type keeps in depends on how the row was fetched.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'pydantic==2.14.3'
cat >"$folder/ask.py" <<'PYTHON'
import warnings
from types import SimpleNamespace

from pydantic import BaseModel, TypeAdapter


class Public(BaseModel):
    id: int
    name: str


def write(value):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        text = TypeAdapter(Public).dump_json(value).decode()
    return text, len(caught)


row = {"id": 1, "name": "ada", "notes": "internal"}
seen = {
    "an object of another class": write(SimpleNamespace(**row)),
    "one that lacks a field": write(SimpleNamespace(id=1, notes="internal")),
    "a dict": write(row),
}
for name, (text, count) in seen.items():
    print(f"{name}: {text}, {count} warnings")
assert seen == {
    "an object of another class": ('{"id":1,"name":"ada"}', 0),
    "one that lacks a field": ('{"id":1}', 0),
    "a dict": ('{"id":1,"name":"ada","notes":"internal"}', 1),
}, "changed"
PYTHON
"$folder/venv/bin/python" "$folder/ask.py"
