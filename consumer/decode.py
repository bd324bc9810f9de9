"""Messages of one topic into a batch: columns of readings, and dead letters for what cannot be a reading."""

from collections.abc import Mapping, Sequence

import msgspec
import numpy as np

from consumer.accept import EARLIEST, LATEST, QualityCheck, device_name_problem
from consumer.duplicates import RecentIds
from consumer.fetched import Fetched
from consumer.message import DECODE_ERRORS, Reading, reading_decoder, unknown_fields, why_invalid
from core.batch import Batch, DeadLetter, PartitionRun, Position, to_micros
from core.errors import InvalidReading
from core.machine import Machine
from core.ports import TopicPartition


class Decoder:
    """Decodes one machine's messages. Each on its own: none can forge or harm its neighbour."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._decode = reading_decoder(machine)
        self._check = QualityCheck(machine)
        self._keys: dict[str, bytes] = {}
        """Accepted device names with the key that belongs to them."""

    def decode(
        self, fetched: Fetched, expected: Mapping[TopicPartition, int], recent: Mapping[TopicPartition, RecentIds]
    ) -> Batch:
        """The batch of these messages. `expected`: where each partition was to go on from; `recent`: the ids it saw."""
        rejected: dict[int, InvalidReading] = {}
        readings = self._readings(fetched.values, rejected)
        for row, reading in enumerate(readings):
            if reading is not None and (problem := self._problem(reading, fetched.keys[row])):
                rejected[row] = problem
        repeated = self._repeated(fetched, readings, rejected, recent)
        kept = [row for row in range(len(readings)) if row not in rejected and row not in repeated]
        return self._batch(fetched, readings, kept, rejected, repeated, expected)

    def _readings(
        self, values: Sequence[bytes | None], rejected: dict[int, InvalidReading]
    ) -> Sequence[Reading | None]:
        decode = self._decode
        try:
            return [decode(value) for value in values]  # type: ignore[arg-type]  # a tombstone raises and is met below
        except (TypeError, *DECODE_ERRORS):
            return [self._reading(row, value, rejected) for row, value in enumerate(values)]

    def _reading(self, row: int, value: bytes | None, rejected: dict[int, InvalidReading]) -> Reading | None:
        if value is None:
            rejected[row] = InvalidReading("decode", "tombstone")
            return None
        try:
            return self._decode(value)
        except DECODE_ERRORS as error:
            rejected[row] = why_invalid(error)
            return None

    def _problem(self, reading: Reading, key: bytes | None) -> InvalidReading | None:
        own_key = self._keys.get(reading.device)
        if own_key is None:
            if problem := device_name_problem(reading.device):
                return InvalidReading("accept", problem)
            own_key = self._keys[reading.device] = reading.device.encode()
        if key != own_key and self._machine.key == "device":
            return InvalidReading("accept", "key: is not the device's name")
        if not EARLIEST <= to_micros(reading.time) < LATEST:
            return InvalidReading("accept", f"time: the year {reading.time.year} is outside 1990–2099")
        return None

    def _repeated(
        self,
        fetched: Fetched,
        readings: Sequence[Reading | None],
        rejected: Mapping[int, InvalidReading],
        recent: Mapping[TopicPartition, RecentIds],
    ) -> set[int]:
        repeated: set[int] = set()
        for partition, rows in _runs(fetched.partitions):
            accepted = [row for row in range(rows.start, rows.stop) if row not in rejected]
            ids = [reading.id.bytes for row in accepted if (reading := readings[row]) is not None]
            repeated.update(accepted[index] for index in recent[TopicPartition(fetched.topic, partition)].repeats(ids))
        return repeated

    def _batch(
        self,
        fetched: Fetched,
        readings: Sequence[Reading | None],
        kept: Sequence[int],
        rejected: Mapping[int, InvalidReading],
        repeated: set[int],
        expected: Mapping[TopicPartition, int],
    ) -> Batch:
        rows = [reading for row in kept if (reading := readings[row]) is not None]
        values = [msgspec.structs.astuple(reading.sensors) for reading in rows]
        sensors = np.array(values, dtype=np.float64).reshape(len(rows), len(self._machine.sensors))
        present = len(self._machine.sensors) - np.isnan(sensors).sum(axis=1)
        extras = [
            (index, extra)
            for index, row in enumerate(kept)
            if (extra := unknown_fields(fetched.values[row] or b"", self._machine, int(present[index])))
        ]
        return Batch(
            topic=fetched.topic,
            partitions=np.array([fetched.partitions[row] for row in kept], dtype=np.int64),
            offsets=np.array([fetched.offsets[row] for row in kept], dtype=np.int64),
            ids=np.frombuffer(b"".join(reading.id.bytes for reading in rows), dtype="V16"),
            devices=[reading.device for reading in rows],
            times=np.array([to_micros(reading.time) for reading in rows], dtype=np.int64),
            sensors=sensors,
            quality=self._check.flags(sensors),
            extras=extras,
            runs=_partition_runs(fetched, kept, rejected, repeated, expected),
            dead_letters=[_dead_letter(fetched, row, why) for row, why in sorted(rejected.items())],
        )


def _runs(partitions: Sequence[int]) -> list[tuple[int, slice]]:
    """(partition, rows) of each run of equal partitions."""
    column = np.asarray(partitions)
    starts = [0, *(np.flatnonzero(np.diff(column)) + 1).tolist()] if len(column) else []
    ends = [*starts[1:], len(column)]
    return [(partitions[start], slice(start, end)) for start, end in zip(starts, ends, strict=False)]


def _partition_runs(
    fetched: Fetched,
    kept: Sequence[int],
    rejected: Mapping[int, InvalidReading],
    repeated: set[int],
    expected: Mapping[TopicPartition, int],
) -> list[PartitionRun]:
    runs = []
    for partition, rows in _runs(fetched.partitions):
        offsets = fetched.offsets[rows]
        first, last = np.searchsorted(kept, [rows.start, rows.stop]).tolist()
        runs.append(
            PartitionRun(
                partition=partition,
                rows=slice(first, last),
                next_offset=offsets[-1] + 1,
                gaps=_gaps(expected[TopicPartition(fetched.topic, partition)], offsets),
                dead=sum(row in rejected for row in range(rows.start, rows.stop)),
                duplicates=sum(row in repeated for row in range(rows.start, rows.stop)),
            )
        )
    return runs


def _gaps(expected: int, offsets: Sequence[int]) -> list[tuple[int, int]]:
    """Holes as (first missing offset, count): compaction, retention and transaction markers leave them."""
    if offsets[0] == expected and offsets[-1] - expected + 1 == len(offsets):
        return []
    ends = np.array([expected, *(offset + 1 for offset in offsets[:-1])], dtype=np.int64)
    counts = np.asarray(offsets, dtype=np.int64) - ends
    holes = np.flatnonzero(counts)
    return list(zip(ends[holes].tolist(), counts[holes].tolist(), strict=True))


def _dead_letter(fetched: Fetched, row: int, why: InvalidReading) -> DeadLetter:
    position = Position(fetched.topic, fetched.partitions[row], fetched.offsets[row])
    return DeadLetter(position, why.stage, why.reason, fetched.keys[row], fetched.values[row], fetched.headers(row))
