"""Another process that needs a signing key: started by a test with a URL and a time.

Says "ready", waits for a line, then says which key it signs with.
"""

from __future__ import annotations

import json
import sys

from sqlalchemy import create_engine

from flask_dovetail.auth.tokens.keys.stored import StoredKeys


def main() -> None:
    order = json.loads(sys.argv[1])
    engine = create_engine(order["url"])
    ring = StoredKeys(
        lambda: engine, algorithm="EdDSA", secret_keys=(order["secret"],), access_seconds=900
    )
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    key = ring.signing_key(order["now"])
    published = [jwk["kid"] for jwk in ring.public_keys(order["now"])]
    sys.stdout.write(json.dumps([key.kid, published]))
    engine.dispose()


if __name__ == "__main__":
    main()
