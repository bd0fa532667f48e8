"""The books: accounts, transfers, blocks, their store, statements and reconciliation. Knows no benefit rule."""
