"""Alembic runs this file; the connection and its transaction belong to `ledger.store.migrations.upgrade`."""

from alembic import context

from ledger.store.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
