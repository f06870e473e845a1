#!/usr/bin/env bash
# The Python suite on the oldest dependencies that pyproject.toml allows, in an environment of its own.
source "$(dirname "$0")/common.sh"

environment=.tools/oldest
now=$(sources uv.lock pyproject.toml | fingerprint)
if ! done_before oldest "$now"; then
  uv=.tools/uv/bin/uv # there when python.sh found no other
  [ -x "$uv" ] || uv=uv
  say "Installing the oldest supported dependencies into $environment"
  "$uv" venv --quiet --clear --python "$PYTHON" "$environment"
  VIRTUAL_ENV=$environment "$uv" pip install --quiet --resolution lowest-direct -e '.[docs,oidc,realtime,s3,tokens,valkey]'
  VIRTUAL_ENV=$environment "$uv" pip install --quiet --group test
  remember oldest "$now"
fi
# Stores and property tests say nothing more the second time.
exec "$environment/bin/python" -m pytest python/tests/test_extension.py python/tests/{auth,contract,delivery,realtime} \
  -n 2 -q -m "not long" -k "not postgresql and not processes and not robustness and not machine and not race and not (realtime and (valkey or gunicorn or test_bus))" "$@"
