#!/usr/bin/env bash
# make lint: every check that needs no running product. All of them run; what fails is shown.
source "$(dirname "$0")/common.sh"

scripts/python.sh test
scripts/node.sh
scripts/web.sh
export PATH="$ROOT/.venv/bin:$PATH"

failed=()
check() {
  local name=$1 output
  shift
  if output=$("$@" 2>&1); then
    say "$name"
  else
    failed+=("$name")
    printf '✗ %s\n%s\n' "$name" "$output" >&2
  fi
}

check "Python: rules" ruff check .
check "Python: format" ruff format --check .
check "Python: types" mypy
check "Python: imports" env PYTHONPATH=starter/backend lint-imports
check "TypeScript: format" biome ci --reporter=summary
check "TypeScript: rules" oxlint -c .oxlintrc.json typescript starter/frontend e2e benchmarks
check "TypeScript: imports and summaries of the package" node typescript/scripts/walls.mjs
check "TypeScript: imports of the page" node typescript/scripts/walls.mjs --circles starter/frontend/src
check "TypeScript: types of the package" npm run --silent typecheck -w flask-dovetail
check "TypeScript: types of the page" npm run --silent typecheck -w dovetail-starter-frontend
check "TypeScript: types of the end-to-end tests" npm run --silent typecheck -w dovetail-e2e
check "The constants of wire/ are current" node typescript/scripts/wire.mjs --check
check "The contract and its types are current" scripts/contract.sh --check
check "docs/configuration.md is current" python scripts/configuration.py --check
check "Lockfiles name public hosts only" python scripts/lockfiles.py
check "Size of the browser package" npm run --silent size -w flask-dovetail
check "Size of the first screen" npm run --silent budget -w dovetail-starter-frontend

if ((${#failed[@]})); then
  die "${#failed[@]} of the checks failed: $(IFS=';' && echo "${failed[*]}")"
fi
