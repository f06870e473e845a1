"""Exit with one line when a lockfile names a host other than the public registries."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).parents[1]
PYTHON_HOSTS = {"pypi.org", "files.pythonhosted.org"}
NODE_HOSTS = {"registry.npmjs.org"}


def python_hosts() -> set[str]:
    addresses = re.findall(r'(?:url|registry) = "([^"]+)"', (ROOT / "uv.lock").read_text("utf-8"))
    return {urlsplit(address).netloc for address in addresses} - PYTHON_HOSTS


def node_hosts() -> set[str]:
    """`.npmrc` keeps addresses out of the lock; where there is one, it is the public registry's."""
    packages = json.loads((ROOT / "package-lock.json").read_text("utf-8"))["packages"].values()
    addresses = [
        package["resolved"]
        for package in packages
        if not package.get("link") and "resolved" in package
    ]
    return {urlsplit(address).netloc for address in addresses} - NODE_HOSTS


if __name__ == "__main__":
    for name, hosts in (("uv.lock", python_hosts()), ("package-lock.json", node_hosts())):
        if hosts:
            sys.exit(
                f"{name} names {', '.join(sorted(hosts))}: lock it without an index of your own."
            )
