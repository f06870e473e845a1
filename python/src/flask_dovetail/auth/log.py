"""The logger of logins: each event of theirs is a line; `docs/auth.md` lists them."""

from __future__ import annotations

import logging

log = logging.getLogger("flask_dovetail.auth")
