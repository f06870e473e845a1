"""Plain Alembic migrations for the `dovetail_*` tables, with a version table of their own."""
