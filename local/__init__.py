"""The stack without Docker: real Kafka, Postgres and S3 out of package registries. START HERE: stack.py."""
