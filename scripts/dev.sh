#!/usr/bin/env bash
# make dev: Flask with reload on 5000, Vite on 5173, the browser package rebuilt as it changes.
source "$(dirname "$0")/common.sh"

export PORT=${PORT:-5000} VITE_PORT=${VITE_PORT:-5173}
scripts/python.sh test
"$PYTHON" scripts/check_port.py "$PORT" PORT
"$PYTHON" scripts/check_port.py "$VITE_PORT" VITE_PORT
scripts/node.sh
scripts/web.sh

export PATH="$ROOT/.venv/bin:$PATH" DOVETAIL_LOGS_FORMAT=${DOVETAIL_LOGS_FORMAT:-console}
export DOVETAIL_FRONTEND_ORIGINS=http://localhost:$VITE_PORT
export DOVETAIL_DELIVERY_DEV_SERVER=http://localhost:$VITE_PORT
(cd starter/backend && flask --app wsgi prepare)
say "Open http://localhost:$VITE_PORT (Ctrl-C stops both)"
exec "$PYTHON" scripts/together.py \
  "cd starter/backend && exec flask --app wsgi run --debug --port $PORT" \
  "cd starter/frontend && exec vite --port $VITE_PORT --strictPort" \
  "cd typescript && exec tsc -p tsconfig.build.json --watch --preserveWatchOutput"
