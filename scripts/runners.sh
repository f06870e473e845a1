# Sourced by test.sh and test_long.sh: every runner runs, whatever the one before said; their own summaries come last.

source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

scripts/python.sh test
scripts/node.sh
scripts/web.sh

outputs=$(mktemp -d)
trap 'end_beside; rm -rf "$outputs"' EXIT
trap 'exit 130' INT TERM
summaries=$outputs/summaries
cures=()
beside=()

# run KIND NAME COMMAND...
run() {
  local kind=$1 name=$2 status=0
  shift 2
  say "$name"
  "$@" 2>&1 | tee "$outputs/now" || status=1
  report "$kind" "$name" "$status" "$outputs/now" "$*"
}

# beside KIND NAME COMMAND...: begin it now, in the time that the next runner waits; `await_beside` shows it whole.
beside() {
  local number=${#beside[@]} kind=$1 name=$2
  shift 2
  "$@" >"$outputs/$number" 2>&1 &
  beside+=("$! $kind $number" "$name" "$*")
}

# Wait for what was begun, and print what each has said, in that order.
await_beside() {
  local at pid kind number status
  for ((at = 0; at < ${#beside[@]}; at += 3)); do
    read -r pid kind number <<<"${beside[at]}"
    status=0
    wait "$pid" || status=1
    say "${beside[at + 1]}"
    cat "$outputs/$number"
    report "$kind" "${beside[at + 1]}" "$status" "$outputs/$number" "${beside[at + 2]}"
  done
  beside=()
}

# Ends what `await_beside` has not waited for: the shell lets a key press pass it by.
end_beside() {
  local at
  for ((at = 0; at < ${#beside[@]}; at += 3)); do
    kill "${beside[at]%% *}" 2>/dev/null || true
  done
}

# report KIND NAME STATUS OUTPUT COMMAND
report() {
  local kind=$1 name=$2 status=$3 output=$4 command=$5 summary again
  case $kind in
  pytest) summary='^(=+ )?[0-9]+ (passed|failed|error).*' again=' --last-failed' ;;
  vitest) summary='^ *(Test Files|Tests) ' again='' ;;
  playwright) summary='^ *[0-9]+ (passed|failed|flaky|skipped|did not run)' again=' -- --last-failed' ;;
  esac
  if ((status)); then
    cures+=("$name failed: see above. What failed alone: $command$again")
  fi
  printf '%s\n' "$name" >>"$summaries"
  sed $'s/\e\\[[0-9;]*m//g' "$output" | grep -E "$summary" | tail -n 4 >>"$summaries" || true
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
