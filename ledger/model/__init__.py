"""The books as values: pure, no I/O; the only part of the ledger that processors may import."""
