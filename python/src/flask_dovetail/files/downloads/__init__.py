"""Reading files: their addresses, and the responses that carry their bytes."""
