"""What runs on Spark's workers: one file a task, read, checked and scored by the code that judges live readings.

A file is never cut: stuck and rolling sensors are judged in its order.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple, Protocol

import msgspec

from app.file_scoring import scored_chunks
from app.file_validating import validate
from app.labelled_lake import Draw, sampled_file
from app.scorer_apart import scorer_apart
from core.errors import UserError
from core.machine import Machine
from core.ports.recorded import RecordedBytes
from model.cache import CachedVersion
from model.labelled_arrow import counts_batch, rows_batch
from model.loading import load
from model.registry import s3_client
from model.s3_files import S3Address, S3Files, s3_address
from model.scored_arrow import RecordBatch, ScoredArrow, numbers_in, texts_batch
from model.scorer import FaultModel
from model.signature import TrustedKeys
from producer.local_file import LocalFile
from producer.recorded import RecordedFile

Work = Callable[[Iterator[RecordBatch]], Iterator[RecordBatch]]
"""As mapInArrow takes it. Each row that comes in is the number of a file."""


class Package(Protocol):
    """A broadcast of pyspark: a worker's process fetches it once."""

    @property
    def value(self) -> CachedVersion:
        """The model's files."""


class S3Server(NamedTuple):
    """Where the workers find buckets; their keys are in their own environment, and never travel with a task."""

    endpoint_url: str = ""
    region: str = ""
    """Each empty: AWS's own environment says it."""

    def file(self, address: S3Address) -> RecordedBytes:
        """The object. Raises UserError, Unauthorised, Unavailable."""
        found = S3Files(s3_client(self.endpoint_url, self.region, "", "")).file(address)
        if found is None:
            raise UserError(f"there is no {address}")
        return found


class Lake(NamedTuple):
    """Which files they are, and how they are read."""

    machine: Machine
    mapping: Mapping[str, str]
    files: tuple[tuple[str, str], ...]
    """Name in the result, and path or address: the same on every machine."""
    server: S3Server

    def source(self, number: int) -> tuple[str, RecordedBytes]:
        """Name and bytes, not read yet."""
        name, path = self.files[number]
        address = s3_address(path)
        return name, LocalFile(Path(path)) if address is None else self.server.file(address)

    def file(self, number: int) -> tuple[str, RecordedFile]:
        """Name and file, its header read. UserError where it has not the machine's columns."""
        name, source = self.source(number)
        return name, RecordedFile(source, self.machine, self.mapping)


def scoring(lake: Lake, package: Package, trusted_keys: str) -> Work:
    """Scores the files; the model is verified in each worker's process before a byte of it is unpickled."""

    def work(batches: Iterator[RecordBatch]) -> Iterator[RecordBatch]:
        machine = lake.machine
        model, arrow, scorer = _verified(machine, package.value, trusted_keys), ScoredArrow(machine), scorer_apart()
        for batch in batches:
            for number in numbers_in(batch):
                name, file = lake.file(number)
                for found in scored_chunks(name, file, machine, model, scorer):
                    yield arrow.scored(found.rows)
                    if found.bad:
                        yield arrow.bad(name, found.bad)

    return work


def validating(lake: Lake) -> Work:
    """A report for each file, as JSON."""

    def work(batches: Iterator[RecordBatch]) -> Iterator[RecordBatch]:
        for batch in batches:
            for number in numbers_in(batch):
                report = validate(*lake.file(number), lake.machine, lambda *_: None)
                yield texts_batch("report", [msgspec.json.encode(report).decode()])

    return work


def labelling(lake: Lake, draw: Draw) -> Work:
    """Of each file the rows that can be among those to train on, and its counts."""

    def work(batches: Iterator[RecordBatch]) -> Iterator[RecordBatch]:
        for batch in batches:
            for number in numbers_in(batch):
                _, source = lake.source(number)
                rows, counts = sampled_file(number, source, lake.machine, draw)
                yield counts_batch(counts)
                yield rows_batch(rows)

    return work


_verified_here: dict[bytes, FaultModel] = {}
"""Of this worker's process, which scores one file after the other."""


def _verified(machine: Machine, package: CachedVersion, trusted_keys: str) -> FaultModel:
    name = hashlib.sha256(package.signed_file).digest()
    if name not in _verified_here:
        _verified_here.clear()
        trusted = TrustedKeys(trusted_keys)
        _verified_here[name] = load(machine, package.stored, package.signed_file, lambda _: package.model, trusted)
    return _verified_here[name]
