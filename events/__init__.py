"""The published event contract: envelope, event types, money, keys, signatures, and a publisher."""
