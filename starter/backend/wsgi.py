"""What a WSGI server imports: `gunicorn wsgi:app`, `flask --app wsgi …`."""

from __future__ import annotations

import sys

from app import create_app
from flask_dovetail import ConfigurationError

try:
    app = create_app()
except ConfigurationError as error:
    sys.exit(str(error))  # for the person at the terminal, who needs no traceback
