"""Run shell commands side by side; when one ends, or Ctrl-C comes, end them all."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time


def run(commands: list[str]) -> int:
    """The exit code of the command that ended first; 0 after Ctrl-C."""
    children = [subprocess.Popen(["bash", "-c", c], start_new_session=True) for c in commands]
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        while all(child.poll() is None for child in children):
            time.sleep(0.2)
        return next(child.returncode for child in children if child.poll() is not None)
    except KeyboardInterrupt:
        return 0
    finally:
        for child in children:
            end(child)


def end(child: subprocess.Popen[bytes]) -> None:
    """End a command with everything that it started."""
    try:
        os.killpg(child.pid, signal.SIGTERM)
        child.wait(timeout=5)
    except ProcessLookupError:
        child.wait()
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
