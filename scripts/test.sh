#!/usr/bin/env bash
# make test: everything. Every runner runs, whatever the one before said; their summaries come last.
source "$(dirname "$0")/common.sh"

scripts/python.sh test
scripts/node.sh
scripts/web.sh

summaries=$(mktemp)
trap 'rm -f "$summaries" "$summaries.log"' EXIT
failed=0

# run NAME SUMMARY-PATTERN COMMAND...
run() {
  local name=$1 summary=$2
  shift 2
  say "$name"
  if ! "$@" 2>&1 | tee "$summaries.log"; then failed=1; fi
  printf '%s\n' "$name" >>"$summaries"
  sed $'s/\e\\[[0-9;]*m//g' "$summaries.log" | grep -E "$summary" | tail -n 4 >>"$summaries" || true
}

run "Python" '^(=+ )?[0-9]+ (passed|failed|error).*' "$PYTHON" -m pytest -n 2 --dist worksteal -q
run "Python, oldest dependencies" '^(=+ )?[0-9]+ (passed|failed|error).*' scripts/oldest.sh
run "The browser package" '^ *(Test Files|Tests) ' npm run --silent test -w flask-dovetail
run "The page" '^ *(Test Files|Tests) ' npm run --silent test -w dovetail-starter-frontend
run "End to end" '^ *[0-9]+ (passed|failed|flaky|skipped|did not run)' npm run --silent test -w dovetail-e2e

printf '\n'
cat "$summaries"
exit $failed
