"""Bytes in an S3-compatible store, to which browsers talk straight."""
