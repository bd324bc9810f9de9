"""What is kept between runs beside the data: ports and generated credentials, for their owner's eyes only."""

import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from core.errors import UserError


@dataclass(frozen=True)
class Remembered:
    """Ports by name, and the credentials made on the first start."""

    ports: dict[str, int] = field(default_factory=dict)
    postgres_password: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)
    s3_access_key_id: str = field(default_factory=lambda: secrets.token_hex(10))
    s3_secret_access_key: str = field(default_factory=lambda: secrets.token_urlsafe(30), repr=False)


def load(path: Path) -> Remembered:
    """What was saved there; new credentials when nothing was."""
    if not path.exists():
        return Remembered()
    try:
        return Remembered(**json.loads(path.read_text()))
    except (ValueError, TypeError) as e:
        raise UserError(
            f"{path}, which remembers the stack's ports and passwords, is damaged: bring it back from a backup,"
            f" or begin anew by deleting {path.parent} and all that is stored there."
        ) from e


def save(path: Path, remembered: Remembered) -> None:
    """Write it whole or not at all."""
    write_private(path, json.dumps(asdict(remembered), indent=1))


def with_ports(remembered: Remembered, ports: Mapping[str, int]) -> Remembered:
    """The same credentials with these ports."""
    return Remembered(**{**asdict(remembered), "ports": dict(ports)})


def write_private(path: Path, text: str) -> None:
    """Replace a file at once by one that nobody else can read."""
    new = path.with_name(path.name + ".new")
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    new.replace(path)
