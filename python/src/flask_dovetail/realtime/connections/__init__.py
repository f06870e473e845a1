"""Open sockets and the people they belong to."""
