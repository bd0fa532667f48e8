"""The proof over the books: one RFC 6962 log of all leaves, signed checkpoints, a witness that countersigns."""
