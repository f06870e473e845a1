#!/usr/bin/env bash
# node_modules/ with what package-lock.json says; its .bin/node is the Node that everything runs on.
source "$(dirname "$0")/common.sh"

now=$(sources package-lock.json '*package.json' | fingerprint)
if [ -x node_modules/.bin/node ] && done_before node "$now"; then
  exit
fi
command -v node >/dev/null || die "node is missing: install Node 20 or newer (nodejs.org, apt, brew)."
command -v npm >/dev/null || die "npm is missing: install it beside Node (on Debian and Ubuntu: sudo apt install npm)."
major=$(node -p 'process.versions.node.split(".")[0]')
((major >= 20)) || die "found Node $major, but Node 20 or newer is needed: update it and try again."
say "Installing browser packages into node_modules (npm ci)"
npm ci --no-progress --loglevel=error >&2 || die "the browser packages could not be installed: see above."
remember node "$now"
