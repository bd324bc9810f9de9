"""Messages of one topic into a batch: columns of readings, and dead letters for what cannot be a reading."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from consumer.accept import EARLIEST, LATEST, device_name_problem
from consumer.columns import Columns
from consumer.duplicates import RecentIds
from consumer.fetched import Fetched
from consumer.lateness import is_future
from consumer.parse import Parser
from core.batch import Batch, Bools, DeadLetter, Flags, Integers, PartitionRun, Position, Quality
from core.errors import InvalidReading
from core.machine import Machine
from core.ports.stream import TopicPartition
from core.quality_check import QualityCheck


class Decoder:
    """Decodes one machine's messages."""

    def __init__(self, machine: Machine, check: Callable[[int, bytes], None] | None = None) -> None:
        """`check`: see ShapedMessages."""
        self._machine = machine
        self._parser = Parser(machine, check)
        self._check = QualityCheck(machine)
        self._keys: dict[str, bytes] = {}
        """Accepted device names with the key that belongs to them."""

    def decode(
        self, fetched: Fetched, expected: Mapping[TopicPartition, int], recent: Mapping[TopicPartition, RecentIds]
    ) -> Batch:
        """The batch of these messages. `expected`: where each partition was to go on from; `recent`: the ids it saw."""
        rejected: dict[int, InvalidReading] = {}
        columns, extras = self._parser.parse(fetched.values, rejected)
        columns = columns.only(self._accepted(columns, fetched.keys, rejected))
        new = _new(fetched, columns, recent)
        repeated = columns.rows[~new]
        columns = columns.only(new)
        index = {row: position for position, row in enumerate(columns.rows.tolist())} if extras else {}
        return Batch(
            topic=fetched.topic,
            partitions=fetched.partitions[columns.rows],
            offsets=fetched.offsets[columns.rows],
            ids=columns.ids,
            devices=columns.devices,
            times=columns.times,
            sensors=columns.sensors,
            quality=self._quality(columns, fetched.timestamps),
            extras=[(index[row], extra) for row, extra in extras.items() if row in index],
            runs=_partition_runs(fetched, columns.rows, rejected, repeated, expected),
            dead_letters=[_dead_letter(fetched, row, why) for row, why in sorted(rejected.items())],
        )

    def _quality(self, columns: Columns, timestamps: Integers) -> Flags:
        future = is_future(columns.times, timestamps[columns.rows], self._machine.future_after)
        return self._check.flags(columns.sensors) | future * np.int16(Quality.FUTURE)

    def _accepted(self, columns: Columns, keys: Sequence[bytes | None], rejected: dict[int, InvalidReading]) -> Bools:
        """Which readings are accepted; the others are added to `rejected`."""
        in_time = (columns.times >= EARLIEST) & (columns.times < LATEST)
        if in_time.all() and self._all_known(columns, keys):
            return in_time
        accepted = np.ones(len(columns.rows), dtype=np.bool_)
        for index, row in enumerate(columns.rows.tolist()):
            if problem := self._problem(columns.devices[index], int(columns.times[index]), keys[row]):
                rejected[row], accepted[index] = problem, False
        return accepted

    def _all_known(self, columns: Columns, keys: Sequence[bytes | None]) -> bool:
        """Whether every name was accepted before and comes with its key: the usual case, at a fraction of the cost."""
        known = list(map(self._keys.get, columns.devices))
        if None in known or self._machine.key == "any":
            return None not in known
        return known == (keys if len(known) == len(keys) else [keys[row] for row in columns.rows.tolist()])

    def _problem(self, device: str, time: int, key: bytes | None) -> InvalidReading | None:
        own_key = self._keys.get(device)
        if own_key is None:
            if problem := device_name_problem(device):
                return InvalidReading("accept", problem)
            if self._machine.devices and device not in self._machine.devices:
                return InvalidReading("accept", "device: is not among those that the machine lists")
            own_key = self._keys[device] = device.encode()
        if key != own_key and self._machine.key == "device":
            return InvalidReading("accept", "key: is not the device's name")
        if not EARLIEST <= time < LATEST:
            year = np.datetime64(time, "us").astype("datetime64[Y]")  # a zone moves years 1 and 9999 out of Python's
            return InvalidReading("accept", f"time: the year {year} is outside 1990–2099")
        return None


def _new(fetched: Fetched, columns: Columns, recent: Mapping[TopicPartition, RecentIds]) -> Bools:
    """Which readings were not there before."""
    new = np.ones(len(columns.rows), dtype=np.bool_)
    for partition, rows in _runs(fetched.partitions):
        first, last = np.searchsorted(columns.rows, [rows.start, rows.stop]).tolist()
        ids: list[bytes] = columns.ids[first:last].tolist()
        for index in recent[TopicPartition(fetched.topic, partition)].repeats(ids):
            new[first + index] = False
    return new


def _runs(partitions: Integers) -> list[tuple[int, slice]]:
    """(partition, rows) of each run of equal partitions."""
    starts = [0, *(np.flatnonzero(np.diff(partitions)) + 1).tolist()] if len(partitions) else []
    ends = [*starts[1:], len(partitions)]
    return [(int(partitions[start]), slice(start, end)) for start, end in zip(starts, ends, strict=False)]


def _partition_runs(
    fetched: Fetched,
    kept: Integers,
    rejected: Mapping[int, InvalidReading],
    repeated: Integers,
    expected: Mapping[TopicPartition, int],
) -> list[PartitionRun]:
    dead = np.array(sorted(rejected), dtype=np.int64)
    runs = []
    for partition, rows in _runs(fetched.partitions):
        offsets = fetched.offsets[rows]
        first, last = np.searchsorted(kept, [rows.start, rows.stop]).tolist()
        runs.append(
            PartitionRun(
                partition=partition,
                rows=slice(first, last),
                next_offset=int(offsets[-1]) + 1,
                gaps=_gaps(expected[TopicPartition(fetched.topic, partition)], offsets),
                dead=_within(dead, rows),
                duplicates=_within(repeated, rows),
            )
        )
    return runs


def _within(ordered: Integers, rows: slice) -> int:
    first, last = np.searchsorted(ordered, [rows.start, rows.stop]).tolist()
    return int(last - first)


def _gaps(expected: int, offsets: Integers) -> list[tuple[int, int]]:
    """Holes as (first missing offset, count): compaction, retention and transaction markers leave them."""
    if offsets[0] == expected and offsets[-1] - expected + 1 == len(offsets):
        return []
    ends = np.concatenate([[expected], offsets[:-1] + 1])
    counts = offsets - ends
    holes = np.flatnonzero(counts)
    return list(zip(ends[holes].tolist(), counts[holes].tolist(), strict=True))


def _dead_letter(fetched: Fetched, row: int, why: InvalidReading) -> DeadLetter:
    position = Position(fetched.topic, int(fetched.partitions[row]), int(fetched.offsets[row]))
    return DeadLetter(position, why.stage, why.reason, fetched.keys[row], fetched.values[row], fetched.headers(row))
