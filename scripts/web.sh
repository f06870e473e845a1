#!/usr/bin/env bash
# Builds the browser package, then the starter's page; each only when its sources have changed.
source "$(dirname "$0")/common.sh"

# build NAME WORKSPACE RESULT SOURCES...
build() {
  local name=$1 workspace=$2 result=$3 now
  shift 3
  now=$(sources "$@" | fingerprint)
  if [ -e "$result" ] && done_before "build-$name" "$now"; then
    return
  fi
  say "Building $name"
  local log
  log=$(npm run --silent build -w "$workspace" 2>&1) || {
    printf '%s\n' "$log" >&2
    die "$name could not be built: see above."
  }
  remember "build-$name" "$now"
}

package=(typescript/src typescript/package.json typescript/tsconfig*.json wire package-lock.json)
build "the browser package" flask-dovetail typescript/dist/index.js "${package[@]}"
build "the page" dovetail-starter-frontend starter/frontend/dist/index.html starter/frontend "${package[@]}"
