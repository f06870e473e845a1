#!/usr/bin/env bash
# pyright 1.1.414: `--verifytypes` does not look into the environment that `--pythonpath` names.
#
# Guess: `--pythonpath venv/bin/python` lets pyright find packages of that environment, as its help says.
# Seen: it does when files are checked. With `--verifytypes NAME`, the package is looked for in the Python of PATH: "No py.typed file found", 0 %,
# as if it had no types (or the verdict on another version, where PATH has one); with the environment's `bin` first in PATH, the same command finds it.
# A CI job that compares only the score, or ignores the status, reads 0 % as a result.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check 'svcs==25.1.0'
npm install --silent --no-audit --no-fund --prefix tools 'pyright@1.1.414'
pyright=$folder/tools/node_modules/.bin/pyright
echo 'import svcs' >file.py

verify() { { "$pyright" --verifytypes svcs --ignoreexternal "$@" || true; } | grep -o 'score: .*'; } # its status is 1 below 100 %
checked=$("$pyright" --pythonpath "$folder/venv/bin/python" file.py | tail -n 1)
named=$(verify --pythonpath "$folder/venv/bin/python")
active=$(PATH="$folder/venv/bin:$PATH" verify)
printf '%s\n' "a file, --pythonpath: $checked" "--verifytypes, --pythonpath: $named" "--verifytypes, PATH: $active"
[[ $checked == "0 errors"* && $named == "score: 0%" && $active != "score: 0%" ]]
