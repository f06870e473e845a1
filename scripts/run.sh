#!/usr/bin/env bash
# make run: the starter on a production server.
source "$(dirname "$0")/common.sh"

export PORT=${PORT:-5000} DOVETAIL_LOGS_FORMAT=${DOVETAIL_LOGS_FORMAT:-console}
scripts/python.sh run
"$PYTHON" scripts/check_port.py "$PORT" PORT
scripts/node.sh
scripts/web.sh
exec scripts/serve.sh
