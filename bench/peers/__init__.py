"""Others' ways from Kafka to Postgres with the same model, each in the environment of bench/requirements.txt."""
