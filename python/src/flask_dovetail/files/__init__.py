"""Files: straight to storage, resumable, verified. `docs/files.md` is the guide."""
