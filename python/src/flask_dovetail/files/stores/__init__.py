"""Where the bytes of files are kept: one protocol, on local disk and in S3."""
