# Sourced by test.sh and test_long.sh: every runner runs, whatever the one before said; their own summaries come last.

source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

scripts/python.sh test
scripts/node.sh
scripts/web.sh

summaries=$(mktemp)
trap 'rm -f "$summaries" "$summaries.log"' EXIT
cures=()

# run KIND NAME COMMAND...
run() {
  local kind=$1 name=$2 summary again
  shift 2
  case $kind in
  pytest) summary='^(=+ )?[0-9]+ (passed|failed|error).*' again=' --last-failed' ;;
  vitest) summary='^ *(Test Files|Tests) ' again='' ;;
  playwright) summary='^ *[0-9]+ (passed|failed|flaky|skipped|did not run)' again=' -- --last-failed' ;;
  esac
  say "$name"
  if ! "$@" 2>&1 | tee "$summaries.log"; then
    cures+=("$name failed: see above. What failed alone: $*$again")
  fi
  printf '%s\n' "$name" >>"$summaries"
  sed $'s/\e\\[[0-9;]*m//g' "$summaries.log" | grep -E "$summary" | tail -n 4 >>"$summaries" || true
}

# Says what to do about failures, then what each runner said of itself.
finish() {
  printf '\n'
  if ((${#cures[@]})); then
    printf '✗ %s\n' "${cures[@]}"
    printf '\n'
  fi
  cat "$summaries"
  exit $((${#cures[@]} > 0))
}
