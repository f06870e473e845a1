"""Store bytes in an S3-compatible store that browsers talk to directly."""
