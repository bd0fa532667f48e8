"""The store of the books on PostgreSQL 15 and later: schema, migrations, writers and readers."""

from ledger.store.connection import LedgerConnection, LedgerCursor, Role, connect, engine, migrate

__all__ = ["LedgerConnection", "LedgerCursor", "Role", "connect", "engine", "migrate"]
