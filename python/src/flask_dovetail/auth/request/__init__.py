"""Authentication of one request: credentials, guard, CSRF."""
