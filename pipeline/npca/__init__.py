"""The certifying agency: its own process, database and keys. It reads what is published and shares no table."""
