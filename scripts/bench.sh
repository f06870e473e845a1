#!/usr/bin/env bash
# make bench: every script in benchmarks/, one claim each. Usage: scripts/bench.sh [NAME...]
source "$(dirname "$0")/common.sh"

scripts/python.sh bench
scripts/node.sh
scripts/web.sh

failed=0
for script in benchmarks/*.py benchmarks/*.mjs; do
  case $script in *.py) runner=$PYTHON ;; *) runner=node ;; esac
  if [[ $# -eq 0 || " $* " == *" $(basename "${script%.*}") "* ]]; then
    say "$script"
    "$runner" "$script" || failed=1
  fi
done
exit $failed
