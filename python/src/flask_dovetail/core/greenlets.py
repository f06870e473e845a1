"""Whether this process runs on greenlets, in the place of threads: gevent has patched them."""

from __future__ import annotations

import sys
from typing import Any


def in_use() -> bool:
    monkey: Any = sys.modules.get("gevent.monkey")
    return monkey is not None and bool(monkey.is_module_patched("threading"))
