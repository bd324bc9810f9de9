"""What several commands wire alike: the servers, the database, the machines."""

import os
import socket
from dataclasses import asdict
from pathlib import Path

import msgspec

from app.machines import load_machines
from app.settings import Settings
from core.errors import UserError
from core.machine import Machine
from db.engine import Engine, connect
from db.migrate import require_migrated

ROOT = Path(__file__).parent.parent
"""The project: relative folders in the settings start here."""


def resolved(settings: Settings) -> Settings:
    """The settings with their servers: those that they name, else the running local stack's. UserError: none runs."""
    if not settings.uses_local_stack:
        return settings
    from local.detached import info  # absent from the image, which always names its servers

    found = info(data_directory(settings))
    if found.addresses is None or not found.is_running:
        raise UserError(
            "no server is named (KAFKA_BOOTSTRAP_SERVERS, DATABASE_URL, S3_ENDPOINT_URL) and the local stack does not"
            " run: start it with ./run demo or ./run stack start"
        )
    return with_local_stack(settings, asdict(found.addresses))


def with_local_stack(settings: Settings, addresses: dict[str, str]) -> Settings:
    """The settings with the addresses, credentials and keys of the stack on this machine."""
    from app.keys import local_keys

    keys = local_keys(data_directory(settings) / "keys")
    return msgspec.structs.replace(
        settings,
        kafka_bootstrap_servers=addresses["kafka_bootstrap_servers"],
        database_url=addresses["database_url"],
        s3_endpoint_url=addresses["s3_endpoint_url"],
        aws_access_key_id=addresses["s3_access_key_id"],
        aws_secret_access_key=addresses["s3_secret_access_key"],
        signing_key=settings.signing_key or keys.signing_key,
        trusted_keys=settings.trusted_keys or keys.trusted_keys,
    )


def database(settings: Settings, role: str) -> Engine:
    """Connections to the database under a role. UserError where it is not named or not migrated; Unavailable."""
    engine = connect(database_url(settings), role)
    require_migrated(engine)
    return engine


def database_url(settings: Settings) -> str:
    """Where the database is. UserError where no setting says so."""
    return _named(settings.database_url, "DATABASE_URL")


def kafka(settings: Settings) -> dict[str, str]:
    """The connection to Kafka in librdkafka's words. UserError where no setting names it."""
    _named(settings.kafka_bootstrap_servers, "KAFKA_BOOTSTRAP_SERVERS")
    return settings.kafka()


def machines(settings: Settings) -> dict[str, Machine]:
    """The machines of this installation, by name."""
    return load_machines(ROOT / settings.machines_directory)


def data_directory(settings: Settings) -> Path:
    """Where this machine keeps the local stack's data, keys and verified models."""
    return ROOT / settings.data_directory


def process_name(role: str) -> str:
    """How this process is called in the database: who owns a partition, who leased a message."""
    return f"{role}@{socket.gethostname()}:{os.getpid()}"


def _named(value: str, name: str) -> str:
    if not value:
        raise UserError(f"{name} is missing: set it in the environment or in .env (./run settings explains it)")
    return value
