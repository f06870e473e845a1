"""Run by Alembic. The version table is ours, so an application's own migrations are not disturbed.

`flask_dovetail.storage.database.upgrade(engine)` brings its connection along. A plain `alembic.ini`
with `script_location = flask_dovetail:migrations` and `sqlalchemy.url` works too, `--sql` included.
"""

from __future__ import annotations

from typing import Any

from alembic import context
from sqlalchemy import engine_from_config, pool

SETTINGS: dict[str, Any] = {
    "version_table": "dovetail_alembic_version",
    "transactional_ddl": True,
}


def run() -> None:
    config = context.config
    connection = config.attributes.get("connection")
    if connection is not None:
        context.configure(connection=connection, **SETTINGS)
        context.run_migrations()
    elif context.is_offline_mode():
        url = config.get_main_option("sqlalchemy.url")
        context.configure(url=url, literal_binds=True, **SETTINGS)
        with context.begin_transaction():
            context.run_migrations()
    else:
        section = config.get_section(config.config_ini_section, {})
        engine = engine_from_config(section, prefix="sqlalchemy.", poolclass=pool.NullPool)
        with engine.begin() as opened:
            context.configure(connection=opened, **SETTINGS)
            context.run_migrations()


run()
