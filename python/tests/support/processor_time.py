"""What work costs, in seconds of the processor: other processes on the machine do not count."""

from __future__ import annotations

import time
from collections.abc import Callable


def least_seconds(prepare: Callable[[], Callable[[], object]]) -> float:
    """Return what the quickest of three runs costs.

    Args:
        prepare: makes what one run needs, which is not counted, and returns the run.
    """
    spent = []
    for _ in range(3):
        run = prepare()
        began = time.thread_time()
        run()
        spent.append(time.thread_time() - began)
    return min(spent)
