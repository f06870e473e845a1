# Sourced by the other scripts: where we are, how we speak, when work can be skipped.

set -euo pipefail
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
cd "$ROOT"
export UV_PYTHON_DOWNLOADS=never
unset PYTHONDONTWRITEBYTECODE # the second start is quick because modules stay compiled
export PATH="$ROOT/node_modules/.bin:$PATH"
PYTHON=$ROOT/.venv/bin/python

say() { printf '• %s\n' "$*" >&2; }

# One line: the fact, and the cure.
die() {
  printf 'make: %s\n' "$*" >&2
  exit 1
}

# The files below the given paths that git keeps, or would keep.
sources() {
  git ls-files --cached --others --exclude-standard -- "$@" | sort -u |
    while IFS= read -r file; do [ ! -f "$file" ] || printf '%s\n' "$file"; done
}

# One fingerprint of the names and contents of the files listed on standard input.
fingerprint() {
  local names
  names=$(cat)
  { printf '%s\n' "$names" && printf '%s\n' "$names" | git hash-object --stdin-paths; } |
    git hash-object --stdin
}

# done_before NAME FINGERPRINT / remember NAME FINGERPRINT: skip what has not changed since.
done_before() { [ "$(cat ".tools/done/$1" 2>/dev/null)" = "$2" ]; }
remember() { mkdir -p .tools/done && printf '%s' "$2" >".tools/done/$1"; }
