#!/usr/bin/env bash
# make run: the starter on a production server. Also what the end-to-end tests start.
source "$(dirname "$0")/common.sh"

export PORT=${PORT:-5000}
scripts/python.sh run
"$PYTHON" scripts/check_port.py "$PORT" PORT
scripts/node.sh
scripts/web.sh

cd starter/backend
export PATH="$ROOT/.venv/bin:$PATH" DOVETAIL_LOGS_FORMAT=${DOVETAIL_LOGS_FORMAT:-console}
flask --app wsgi prepare
exec gunicorn --config gunicorn.conf.py wsgi:app
