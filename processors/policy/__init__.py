"""Policy packs: dated YAML, one file a benefit, compiled into predicates over evidence."""
