"""A recorded file as readings to publish."""

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from core.machine import Machine
from producer.local_file import LocalFile
from producer.readings import LABELLED_FAULT, NORMAL, Readings
from producer.recorded import RecordedFile
from producer.schedule import Schedule
from producer.uuid7 import uuid7_texts

_SECOND = 1_000_000


class Replay:
    """A file of one machine's readings, with its columns found; nothing of it was read yet but the first row."""

    def __init__(self, path: Path, machine: Machine, mapping: Mapping[str, str]) -> None:
        """`mapping`: sensor (or `device`, `time`, `label`) → column. UserError where a file or column is missing."""
        self._machine = machine
        self._file = RecordedFile(LocalFile(path), machine, mapping)

    def readings(self, schedule: Schedule) -> Iterator[Readings]:
        """Its rows in the file's order. UserError names the row and column of a cell that cannot be read.

        A row has the same id each time the same file is replayed for the same machine from the same columns.
        """
        random = np.random.default_rng(int.from_bytes(self._digest()))
        row, latest, begin = 0, 0.0, None
        for chunk in self._file.chunks():
            times = chunk.times()
            begin = int(times[0]) if begin is None else begin
            due = schedule(np.arange(row, row + len(chunk)), (times - begin) / _SECOND)
            due = np.maximum.accumulate(np.maximum(due, latest))  # a reading that comes late is sent in its turn
            faults = chunk.faults()
            yield Readings(
                ids=uuid7_texts(times, random),
                devices=chunk.devices(),
                times=times,
                sensors=chunk.sensors(),
                truths=None if faults is None else [LABELLED_FAULT if fault else NORMAL for fault in faults.tolist()],
                due=due,
            )
            row += len(chunk)
            latest = float(due[-1])

    def _digest(self) -> bytes:
        with self._file.source.open() as file:
            digest = hashlib.file_digest(file, "sha256")
        digest.update(f"{self._machine.name} {self._file.layout}".encode())
        return digest.digest()
