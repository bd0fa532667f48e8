"""The books decided again beside the original, and what differs: from the journal to the byte, or in any order."""
