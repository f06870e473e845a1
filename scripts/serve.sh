#!/usr/bin/env bash
# Prepares the data and serves what has been built, on the production server.
source "$(dirname "$0")/common.sh"

export PATH="$ROOT/.venv/bin:$PATH"
cd starter/backend
flask --app wsgi prepare
exec gunicorn --config gunicorn.conf.py wsgi:app
