#!/usr/bin/env bash
# make contract: what is generated from the code and committed. With --check, nothing is written:
# exit 1 when the document, or the types made from it, are stale.
source "$(dirname "$0")/common.sh"

scripts/python.sh test
scripts/node.sh

document=starter/openapi.json
types=starter/frontend/src/api/schema.d.ts
events=starter/asyncapi.json
event_types=starter/frontend/src/api/sockets.d.ts
# What the browser package itself calls: Dovetail's own contract, not the starter's.
own=(auth files)
# The sign-in of an app with credentials of its own, for the tests of the package's types.
expected=typescript/tests/codegen/expected
unset PORT STARTER_AUTH ${!DOVETAIL_@} # the committed contract is the one of the defaults
dovetail() { "$PYTHON" -m flask --app starter/backend/wsgi.py dovetail "$@"; }

if [ "${1:-}" = --check ]; then
  dovetail contract check "$document"
  dovetail realtime check "$events"
  node typescript/codegen/cli.mjs types "$document" "$types" --check
  node typescript/codegen/cli.mjs types "$events" "$event_types" --check
  "$PYTHON" scripts/package_contract.py --check
  for feature in "${own[@]}"; do
    node typescript/codegen/cli.mjs types "typescript/contract/$feature.json" "typescript/src/$feature/paths.ts" --check
  done
  for strategy in session token; do
    node typescript/codegen/cli.mjs types "typescript/contract/sign-in-$strategy.json" "$expected/sign-in-$strategy.d.ts" --check
  done
  exit
fi
dovetail contract export --output "$document"
dovetail realtime export --output "$events"
node typescript/codegen/cli.mjs types "$document" "$types"
node typescript/codegen/cli.mjs types "$events" "$event_types"
"$PYTHON" scripts/package_contract.py
for feature in "${own[@]}"; do
  node typescript/codegen/cli.mjs types "typescript/contract/$feature.json" "typescript/src/$feature/paths.ts"
done
for strategy in session token; do
  node typescript/codegen/cli.mjs types "typescript/contract/sign-in-$strategy.json" "$expected/sign-in-$strategy.d.ts"
done
node typescript/scripts/wire.mjs
"$PYTHON" scripts/configuration.py
say "Wrote $document, $types, $events, $event_types, docs/configuration.md, and the browser package's constants and paths.ts"
