"""A backup: a folder with every table, every version in the bucket, and last of all what tells that it is whole."""

import gzip
import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO

import msgspec
from msgspec import Struct

from core.errors import UserError
from db.engine import Engine
from db.snapshot import Snapshot, write_snapshot
from model.bucket_copy import BucketCopy, CopiedVersion

FORMAT = 1
MANIFEST, TRUSTED_KEYS = "backup.json", "trusted_keys.pem"
Told = Callable[[str], None]


class Backup(Struct, frozen=True):
    """What a folder holds."""

    format: int
    made_at: datetime
    database: Snapshot
    objects: Sequence[CopiedVersion]
    moved: Mapping[str, Mapping[str, str]]
    """Versions whose rows name them by the ids of another bucket."""
    sha256: Mapping[str, str]
    """File → what it must hold."""

    @property
    def rows(self) -> int:
        """Of all tables."""
        return sum(table.rows for table in self.database.tables)


class BackupFolder:
    """Files of one backup; told: hears how it goes."""

    def __init__(self, path: Path, told: Told) -> None:
        self._path = path
        self._told = told
        self._sha256: dict[str, str] = {}

    def write(self, owner: Engine, bucket: BucketCopy, trusted_keys: str, now: datetime) -> Backup:
        """Back up: the database first, so that each version that it names is in the copy of the bucket.

        Raises UserError where the folder holds something, Unavailable, Unauthorised.
        """
        self._begin()
        if trusted_keys:
            (self._path / TRUSTED_KEYS).write_text(trusted_keys, encoding="ascii")
        database = write_snapshot(owner, self._new_table)
        moved, objects = bucket.moved(), []
        versions = bucket.versions()
        for number, version in enumerate(versions):
            self._told(f"bucket: version {number + 1} of {len(versions)}, {version.key}")
            with (self._path / _object(number)).open("wb") as file:
                objects.append(bucket.fetch(version, file))
            self._sha256[_object(number)] = objects[-1].sha256
        backup = Backup(FORMAT, now, database, objects, moved, self._sha256)
        new = self._path / f"{MANIFEST}.new"
        new.write_bytes(msgspec.json.format(msgspec.json.encode(backup)))
        new.replace(self._path / MANIFEST)  # last: a folder without it is no backup
        return backup

    def read(self) -> Backup:
        """What it holds, every file proven to be as it was written. Raises UserError."""
        try:
            backup = msgspec.json.decode((self._path / MANIFEST).read_bytes(), type=Backup)
        except (FileNotFoundError, NotADirectoryError) as error:
            raise UserError(f"{self._path} is no finished backup: it has no {MANIFEST}") from error
        except msgspec.DecodeError as error:
            raise UserError(f"{self._path / MANIFEST} cannot be read: {error}") from error
        if backup.format != FORMAT:
            raise UserError(f"{self._path} is a backup of format {backup.format}, this release reads {FORMAT}")
        for name, expected in backup.sha256.items():
            self._told(f"checking {name}")
            if _sha256_of(self._path / name) != expected:
                raise UserError(f"{self._path / name} is damaged (sha256 differs): restore from another backup")
        return backup

    @contextmanager
    def table(self, name: str) -> Iterator[gzip.GzipFile]:
        """A table's rows, to be read."""
        self._told(f"restoring {name}")
        with gzip.open(self._path / _table(name), "rb") as file:
            yield file

    def object(self, number: int) -> IO[bytes]:
        """The n-th version, to be read."""
        self._told(f"bucket: version {number + 1}")
        return (self._path / _object(number)).open("rb")

    def _begin(self) -> None:
        if self._path.is_dir() and any(self._path.iterdir()):
            raise UserError(f"{self._path} is not empty: name a folder that is, or that is not there yet")
        for folder in ("tables", "objects"):
            (self._path / folder).mkdir(parents=True, mode=0o700)

    @contextmanager
    def _new_table(self, name: str) -> Iterator["_Counted"]:
        path = self._path / _table(name)
        with path.open("wb") as file, gzip.GzipFile("", "wb", compresslevel=1, fileobj=file, mtime=0) as packed:
            yield _Counted(packed, lambda size: self._told(f"{name}: {size / 2**20:,.0f} MiB"))
        self._sha256[_table(name)] = _sha256_of(path)


class _Counted:
    """Passes bytes on, and tells how many now and then."""

    def __init__(self, file: gzip.GzipFile, told: Callable[[int], None]) -> None:
        self._file = file
        self._told = told
        self._size = self._shown = 0

    def write(self, data: bytes) -> int:
        """All of them."""
        self._size += len(data)
        if self._size - self._shown > _SHOWN_EVERY:
            self._shown = self._size
            self._told(self._size)
        return self._file.write(data)


_SHOWN_EVERY = 4 << 20


def _table(name: str) -> str:
    return f"tables/{name}.copy.gz"


def _object(number: int) -> str:
    return f"objects/{number:06}"


def _sha256_of(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError as error:
        raise UserError(f"{path} is missing: restore from another backup") from error
