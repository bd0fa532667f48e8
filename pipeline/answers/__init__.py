"""Answers to people: what is known of a case, why a request was decided so, what would be decided, a receipt."""
