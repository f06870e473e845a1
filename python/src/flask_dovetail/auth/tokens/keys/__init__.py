"""The keys that access tokens are signed with: derived ones and stored ones."""
