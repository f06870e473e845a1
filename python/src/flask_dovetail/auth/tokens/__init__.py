"""The token strategy: short access tokens, and refresh families that rotate.

`docs/refresh.md` and `docs/keys.md` are the guides.
"""
