"""The one declaration of where the halves live, and everything that follows from it.

Cookie attributes, CORS, the Origin check, socket origins, CSP `connect-src` and proxy trust are all
read from a `Topology`; nothing else in the library decides any of them. Pure: no Flask, no clock,
no network. `docs/topology.md` is the guide.
"""

from __future__ import annotations

from .cookies import CookieAttributes
from .declaration import CorsPolicy, Relation, Topology
from .explain import Row
from .origin import Origin
from .trusted_proxies import TrustedProxies

__all__ = [
    "CookieAttributes",
    "CorsPolicy",
    "Origin",
    "Relation",
    "Row",
    "Topology",
    "TrustedProxies",
]
