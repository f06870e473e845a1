"""Where logins are kept: one protocol, in SQL and in Valkey."""
