"""The stores of files' bytes: one protocol, on local disk and in S3."""
