"""Statements: what the books say, read in one snapshot through the reader role."""
