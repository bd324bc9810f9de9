"""Postgres: tables, migrations, and every query of the project."""
