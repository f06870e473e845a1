"""Open sockets and who they belong to."""
