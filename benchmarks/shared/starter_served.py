"""The starter with a pool of `BENCHMARK_POOL` connections: `shared.starter_served:app`.

The starter has no setting for it. How many connections it may open beyond the pool stays as it is.
"""

from __future__ import annotations

import os
from typing import Any

from app import database

_engine_options = database.engine_options


def _with_pool(address: str) -> dict[str, Any]:
    return {**_engine_options(address), "pool_size": int(os.environ["BENCHMARK_POOL"])}


database.engine_options = _with_pool

from wsgi import app  # noqa: E402, F401 - gunicorn's
