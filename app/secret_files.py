"""The passwords and keys of an installation in containers: made once, and handed to each service in its own folder."""

import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from app.keys import Keys, local_keys
from core.errors import UserError
from db.logins import PROCESSES, login_of

Files = Mapping[str, str]
"""Name → content."""


class Given(NamedTuple):
    """The secrets that a person brings."""

    telegram_bot_token: str = ""
    notify_urls: str = ""
    engineer_urls: str = ""


OBJECT_STORE_USERS = ("consumer", "alerts", "api", "trainer")
"""Those that have a user of the object store; what each may do there is in deploy/object-store."""
_S3_OWNER = "faultline"
_DATABASE = "postgres:5432/faultline"
GRAFANA = ("grafana_admin", "grafana_key")
"""Its administrator's password, and what it encrypts its own secrets with."""
PASSWORDS = ("owner", "s3", *PROCESSES, *(f"s3_{process}" for process in OBJECT_STORE_USERS), "prometheus", *GRAFANA)
"""What each of them is for: the owners of database and object store, then each process's own; by `prometheus` the page
knows Prometheus."""


EARLIER_OWNERS = "owner_passwords_before"
"""In the vault and for `init`: passwords that the database's owner had, one a line; one may be valid still."""


def hand_out(folder: Path, given: Given) -> None:
    """Make what is missing in `folder`/vault, then write every service's files to its folder beside it.

    What the vault holds is never made anew, so that a later start, or a crash in between, changes no password.
    UserError where a folder cannot be written.
    """
    vault = folder / "vault"
    try:
        passwords = {name: _kept(vault / f"{name}_password") for name in PASSWORDS}
        earlier = vault / EARLIER_OWNERS
        earlier_owners = earlier.read_text(encoding="ascii") if earlier.exists() else ""
        services = files_of_services(passwords, local_keys(vault), given, earlier_owners)
        for service, files in services.items():
            for name, content in files.items():
                write_secret(folder / service / name, content)
    except OSError as error:
        raise UserError(
            f"{error.filename} cannot be written ({error.strerror}): mount a volume at {folder}/vault and at each"
            " service's folder beside it, as docker-compose.yml does"
        ) from error


def files_of_services(
    passwords: Mapping[str, str], keys: Keys, given: Given, earlier_owners: str = ""
) -> Mapping[str, Files]:
    """Service → the files that it needs, and no others: the signing key is the trainer's alone."""
    s3 = {process: _s3_keys(_s3_user(process), passwords[f"s3_{process}"]) for process in OBJECT_STORE_USERS}
    database = {
        process: {"database_url": f"postgresql://{login_of(process)}:{passwords[process]}@{_DATABASE}"}
        for process in PROCESSES
    }
    prometheus = {"prometheus_token": passwords["prometheus"]}
    return {
        "postgres": {"password": passwords["owner"]},
        "object-store": {
            "user": _S3_OWNER,
            "password": passwords["s3"],
            **{_s3_user(process): passwords[f"s3_{process}"] for process in OBJECT_STORE_USERS},
        },
        "init": {
            "database_url": f"postgresql://faultline:{passwords['owner']}@{_DATABASE}",
            **{f"{process}_password": passwords[process] for process in PROCESSES},
            EARLIER_OWNERS: earlier_owners,
            **_s3_keys(_S3_OWNER, passwords["s3"]),  # it makes the bucket
            "trusted_keys": keys.trusted_keys,  # a backup takes them along
        },
        "consumer": {
            **database["consumer"],
            **s3["consumer"],
            "trusted_keys": keys.trusted_keys,
            "engineer_urls": given.engineer_urls,  # it tells when whoever sends messages is dead
        },
        "alerts": {  # it explains what the models said
            **database["alerts"],
            **s3["alerts"],
            "trusted_keys": keys.trusted_keys,
            **given._asdict(),
        },
        "page": {**database["page"], **prometheus},
        "api": {**database["api"], **s3["api"], "trusted_keys": keys.trusted_keys},
        "prometheus": prometheus,
        "grafana": {
            "database_password": passwords["dashboards"],
            "admin_password": passwords["grafana_admin"],
            "secret_key": passwords["grafana_key"],
        },
        "trainer": {
            **database["trainer"],
            **s3["trainer"],
            "signing_key": keys.signing_key,
            "trusted_keys": keys.trusted_keys,
        },
    }


def _s3_user(process: str) -> str:
    return f"faultline-{process}"


def _s3_keys(user: str, password: str) -> Files:
    return {"aws_access_key_id": user, "aws_secret_access_key": password}


def _kept(path: Path) -> str:
    """The password in this file, made the first time: 256 random bits."""
    if not path.exists():
        write_secret(path, secrets.token_hex(32))
    return path.read_text(encoding="ascii")


def write_secret(path: Path, content: str) -> None:
    """Write it whole or not at all. Every user in the container may read it: its volume is mounted nowhere else."""
    new = path.with_name(f"{path.name}.new")
    with new.open("w", encoding="utf-8") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    new.chmod(0o444)
    new.replace(path)
