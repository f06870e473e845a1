#!/usr/bin/env bash
# A .venv with what uv.lock says. Usage: scripts/python.sh run|test|bench
# Finds a Python, and fetches uv into .tools/ when there is none.
source "$(dirname "$0")/common.sh"

purpose=$1
case $purpose in
run) wanted=(--package dovetail-starter) ;;
test) wanted=(--all-packages --group test --group coexistence --group lint) ;;
bench) wanted=(--all-packages --group test --group bench) ;;
esac

works() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

find_python() {
  local candidate
  for candidate in "python$(cat .python-version)" python3.13 python3.12 python3.11 python3 python; do
    if works "$candidate"; then
      "$candidate" -c 'import sys; print(sys.executable)'
      return
    fi
  done
  local found
  found=$(python3 -V 2>/dev/null) || found="no Python"
  die "found $found, but Python 3.11 or newer is needed: install it (python.org, apt, brew) and try again."
}

uv_works() { [[ $("$1" --version 2>/dev/null) =~ ^uv\ ([0-9]+)\.([0-9]+) ]] &&
  ((BASH_REMATCH[1] > 0 || BASH_REMATCH[2] >= 9)); }

find_uv() {
  local candidate
  for candidate in uv "$ROOT/.tools/uv/bin/uv"; do
    if uv_works "$candidate"; then
      echo "$candidate"
      return
    fi
  done
  say "Fetching uv into .tools/ (once)"
  rm -rf .tools/uv
  "$1" -m venv .tools/uv >/dev/null 2>&1 ||
    die "$1 has no venv module: install it (on Debian and Ubuntu: sudo apt install python3-venv)."
  .tools/uv/bin/python -m pip install --quiet --disable-pip-version-check 'uv>=0.9,<1' >&2 ||
    die "uv could not be fetched from PyPI: see above; is there a network?"
  echo "$ROOT/.tools/uv/bin/uv"
}

now=$(sources uv.lock '*pyproject.toml' | fingerprint)
if works "$PYTHON" && done_before "python-$purpose" "$now"; then
  exit
fi
python=$(find_python)
uv=$(find_uv "$python")
say "Installing Python packages into .venv"
works "$PYTHON" || rm -rf .venv .tools/done/python-*
[ -d .venv ] || "$uv" venv --quiet --python "$python" .venv
"$uv" sync --quiet --frozen --inexact --python "$PYTHON" "${wanted[@]}" ||
  die "the Python packages could not be installed: see above."
remember "python-$purpose" "$now"
