"""Tell whether this process runs on greenlets in place of threads: gevent has patched them."""

from __future__ import annotations

import sys
from typing import Any


def in_use() -> bool:
    """Return whether gevent has patched the threads of this process."""
    monkey: Any = sys.modules.get("gevent.monkey")
    return monkey is not None and bool(monkey.is_module_patched("threading"))
