"""Reading files: their addresses, and what is sent."""
