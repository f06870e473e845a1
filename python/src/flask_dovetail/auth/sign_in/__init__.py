"""Sign in and out: by a password, and with the credential that the strategy gives."""
