#!/usr/bin/env bash
# make test-long: what takes its time by nature, and the promises of make test in every other set-up.
source "$(dirname "$0")/runners.sh"

run pytest "Python, long" "$PYTHON" -m pytest -n 2 --dist worksteal -q -m long
run pytest "Python, oldest dependencies" scripts/oldest.sh
run playwright "End to end, long" npm run --silent test:long -w dovetail-e2e
finish
