"""Refresh tokens: families, rotation, and reuse."""
