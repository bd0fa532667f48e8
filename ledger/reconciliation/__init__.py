"""Reconciliation: identities between independent figures, each of which must leave no difference."""
