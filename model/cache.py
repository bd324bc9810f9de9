"""Verified model versions on this machine's disk, for when the bucket is away. Verified again at each start."""

import logging
import os
import tempfile
from pathlib import Path
from typing import NamedTuple

import msgspec

from core.training import StoredVersion

_log = logging.getLogger(__name__)
_KEPT = 3
"""Versions of a machine: the champion, and those that a rollback may bring back."""


class CachedVersion(NamedTuple):
    """A version's files as they were when they were verified."""

    stored: StoredVersion
    signed_file: bytes
    model: bytes


class ModelCache:
    """Files of our own user only, each written whole or not at all. A full disk costs the cache, not the service."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, version: CachedVersion) -> None:
        """Write a version that was verified, and remember it as the last good one."""
        folder = self._folder / version.stored.version.machine
        name = version.stored.sha256
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            _write(folder / f"{name}.pkl", version.model)
            _write(folder / f"{name}.manifest", version.signed_file)
            _write(folder / f"{name}.stored", msgspec.json.encode(version.stored))
            _forget_old(folder)
        except OSError as error:
            _log.warning("%s is not cached: %s", version.stored.version, error)
            return
        self.remember(version.stored)

    def remember(self, stored: StoredVersion) -> None:
        """Note that this cached version was verified again: it is the last good one."""
        try:
            _write(self._folder / stored.version.machine / "last_good", stored.sha256.encode())
        except OSError as error:
            _log.warning("%s is not remembered as the last good version: %s", stored.version, error)

    def read(self, machine: str, sha256: str) -> CachedVersion | None:
        """The files of the version whose model has this hash, unverified; None where they are not here."""
        if not sha256.isalnum():  # it becomes a file's name
            return None
        folder = self._folder / machine
        try:
            return CachedVersion(
                msgspec.json.decode((folder / f"{sha256}.stored").read_bytes(), type=StoredVersion),
                (folder / f"{sha256}.manifest").read_bytes(),
                (folder / f"{sha256}.pkl").read_bytes(),
            )
        except (OSError, msgspec.DecodeError):
            return None

    def last_good(self, machine: str) -> CachedVersion | None:
        """The version that was verified here last; None where there is none."""
        try:
            name = (self._folder / machine / "last_good").read_text(encoding="ascii")
        except (OSError, UnicodeDecodeError):
            return None
        return self.read(machine, name)


def _write(path: Path, content: bytes) -> None:
    """All of it or nothing, also when the machine loses power; readable by us alone (mkstemp's mode is 0600)."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except OSError:
        Path(temporary).unlink(missing_ok=True)
        raise


def _forget_old(folder: Path) -> None:
    newest_first = sorted(folder.glob("*.stored"), key=lambda path: path.stat().st_mtime, reverse=True)
    for stored in newest_first[_KEPT:]:
        for suffix in (".stored", ".manifest", ".pkl"):
            stored.with_suffix(suffix).unlink(missing_ok=True)
