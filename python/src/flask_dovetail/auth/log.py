"""The logger of logins. `docs/auth.md` lists its events, one line each."""

from __future__ import annotations

import logging

log: logging.Logger = logging.getLogger("flask_dovetail.auth")
