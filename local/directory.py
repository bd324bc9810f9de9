"""The data directory: made so that only its owner reads it, checked for room, marked when its stack runs detached."""

import os
import shutil
from pathlib import Path

from core.errors import UserError

_NEEDED_BYTES = (
    500_000_000  # an empty stack takes 150 MB, most of it Postgres' write-ahead log; the rest is room to work
)


def prepared(directory: Path) -> Path:
    """The absolute path of the directory, which exists and is ours."""
    directory = directory.absolute()
    try:
        # As root, Postgres runs as another user, who passes through here but reads nothing.
        directory.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)
    except OSError as e:
        raise UserError(f"The data directory {directory} cannot be made: {e.strerror}.") from e
    if directory.stat().st_uid != os.geteuid():  # root could enter, but would lock its owner out
        raise UserError(f"The data directory {directory} belongs to another user: use one of your own.")
    return directory


def check_room(directory: Path, needed: int = _NEEDED_BYTES) -> None:
    """A UserError when the disk has no room for a stack."""
    free = shutil.disk_usage(directory).free
    if free < needed:
        raise UserError(
            f"The disk of {directory} has {free // 1_000_000} MB left, and the stack needs {needed // 1_000_000} MB: "
            "free some, or use a data directory on another disk."
        )


def mark_detached(directory: Path) -> None:
    """Say that the servers run on without the process that started them."""
    (directory / "detached").touch(mode=0o600)


def unmark_detached(directory: Path) -> None:
    """Say that they do not any more."""
    (directory / "detached").unlink(missing_ok=True)


def is_detached(directory: Path) -> bool:
    """Whether the servers were left running."""
    return (directory / "detached").exists()
