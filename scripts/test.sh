#!/usr/bin/env bash
# make test: every promise once, on the set-up where it is most at risk.
source "$(dirname "$0")/runners.sh"

# Many Python tests wait, for timeouts and for servers: four at a time, and the tests in TypeScript beside them, use
# what that leaves of two processors. The browser comes alone: what it promises is about time, too.
beside vitest "The browser package" npm run --silent test -w flask-dovetail
beside vitest "The page" npm run --silent test -w dovetail-starter-frontend
run pytest "Python" "$PYTHON" -m pytest -n 4 --dist worksteal -q -m "not long"
await_beside
run playwright "End to end" npm run --silent test -w dovetail-e2e
finish
