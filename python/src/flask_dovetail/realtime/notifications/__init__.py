"""Stored events of one person: written, pushed, listed, read."""
