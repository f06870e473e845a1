"""What several benchmarks share: how they measure, the peers, the servers."""

import sys
from pathlib import Path

# Real servers, clients and races are those of the tests: `support`.
sys.path.append(str(Path(__file__).parents[2] / "python" / "tests"))
