#!/usr/bin/env bash
# make test: every promise once, on the set-up where it is most at risk.
source "$(dirname "$0")/runners.sh"

run pytest "Python" "$PYTHON" -m pytest -n 3 --dist worksteal -q -m "not long"
run vitest "The browser package" npm run --silent test -w flask-dovetail
run vitest "The page" npm run --silent test -w dovetail-starter-frontend
run playwright "End to end" npm run --silent test -w dovetail-e2e
finish
