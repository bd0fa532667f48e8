"""Attacks on the books, carried out."""
