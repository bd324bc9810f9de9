"""The stack without Docker: real Kafka, Postgres and S3 on this machine, out of package registries. START HERE: stack.py."""
