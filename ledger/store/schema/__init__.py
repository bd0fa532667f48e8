"""The tables. Working tables can be rebuilt from the others; append-only tables only ever grow.

The migrations make them; a test holds both against each other. No foreign keys: they halve the writing speed, and
reconciliation compares whole sets instead.
"""

from __future__ import annotations

from ledger.store.schema import access, books, finance, intake, policy, proof, working
from ledger.store.schema.columns import metadata

__all__ = [
    "APPEND_ONLY_TABLES",
    "WORKING_TABLES",
    "access",
    "books",
    "finance",
    "intake",
    "metadata",
    "policy",
    "proof",
    "working",
]

APPEND_ONLY_TABLES = tuple(sorted(name for name, table in metadata.tables.items() if table.info["append_only"]))
WORKING_TABLES = tuple(sorted(name for name, table in metadata.tables.items() if not table.info["append_only"]))
