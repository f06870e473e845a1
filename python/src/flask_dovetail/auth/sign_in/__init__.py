"""Signing in and out, by a password and by what the strategy gives for it."""
