"""The servers of a laptop or a test: Apache Kafka and PostgreSQL as they are, from Python packages, and our workers."""
