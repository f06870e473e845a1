"""The keys that sign access tokens: derived ones and stored ones."""
