"""A ReadingStore in memory, kept honest by tests/contract/test_reading_store.py."""

import copy
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from core.batch import Batch, DeadLetter, Integers, Quality
from core.errors import Fenced, Unavailable
from core.halt import Halt, HaltKind
from core.incident import HEALTHY, Closed, DeviceState, Judgement, Opened
from core.ports.models import Model
from core.ports.stream import Acquired, Claim, KnownDevice, LogBounds, Packed, Recent, TopicPartition
from core.prediction import Predictions
from core.sensor_fault import ALL_WELL, SensorJudgement, SensorState
from core.silence import NEVER, NOBODY, Heard, LastReading, Silence
from core.takeover import why_halt


@dataclass
class Ledger:
    """One partition's row."""

    topic_id: str
    next_offset: int
    epoch: int = 0
    halt: Halt | None = None
    first_offset: int = 0
    duplicates: int = 0
    watermark: int | None = None
    outcomes: bytes = b""


@dataclass(frozen=True)
class Stored:
    """A stored reading."""

    id: bytes
    device: int
    time: int
    sensors: tuple[float, ...]
    quality: int
    score: float
    version: int


@dataclass
class Tables:
    """What Postgres would hold."""

    ledgers: dict[TopicPartition, Ledger] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    states: dict[int, DeviceState] = field(default_factory=dict)
    sensors: dict[int, SensorState] = field(default_factory=dict)
    readings: dict[tuple[TopicPartition, int], Stored] = field(default_factory=dict)
    """By partition and offset."""
    dead: list[DeadLetter] = field(default_factory=list)
    gaps: list[tuple[TopicPartition, int, int]] = field(default_factory=list)
    events: list[Opened | Closed] = field(default_factory=list)
    sensor_events: list[Opened | Closed] = field(default_factory=list)
    shadows: dict[tuple[TopicPartition, int], tuple[int, float]] = field(default_factory=dict)
    """By partition and offset: the version in the shadow, and what it said."""
    silences: list[tuple[str, LastReading]] = field(default_factory=list)
    """(`fell silent` or `speaks again`, the last reading), in order."""


class FakeReadingStore:
    """core.ports.stream.ReadingStore; a transaction works on a copy of the tables."""

    def __init__(self, asks_for_silence: bool = False) -> None:
        self._asks_for_silence = asks_for_silence
        self.tables = Tables()
        self.away = 0
        """So many of the next transactions fail because the database is away."""
        self._lost: bool | None = None

    def lose_answer(self, *, committed: bool) -> None:
        """The next COMMIT gets no answer; with or without having been done."""
        self._lost = committed

    def answer(self) -> None:
        """Every COMMIT is answered again."""
        self._lost = None

    def acquire(self, machine: str, bounds: Mapping[TopicPartition, LogBounds]) -> Acquired:
        assert all(partition.topic.endswith(machine) for partition in bounds)
        taken = {partition: self._take_over(partition, bounds[partition]) for partition in sorted(bounds)}
        return Acquired(
            [claim for claim in taken.values() if isinstance(claim, Claim)],
            {partition: halt for partition, halt in taken.items() if isinstance(halt, Halt)},
        )

    def devices(self, machine: str, names: Sequence[str]) -> Mapping[str, KnownDevice]:
        known = {}
        for name in names:
            number = self.tables.numbers.setdefault(f"{machine}/{name}", len(self.tables.numbers) + 1)
            known[name] = KnownDevice(
                number, self.tables.states.get(number, HEALTHY), self.tables.sensors.get(number, ALL_WELL)
            )
        return known

    def recent(self, partition: TopicPartition, count: int) -> Recent:
        newest = sorted((at for at in self.tables.readings if at[0] == partition), reverse=True)[:count]
        readings = [self.tables.readings[at] for at in newest]
        return Recent(
            [reading.id for reading in readings],
            np.array([reading.device for reading in readings], dtype=np.int64),
            np.array([reading.sensors for reading in readings], dtype=np.float64).reshape(
                len(readings), len(readings[0].sensors) if readings else 0
            ),
            np.array([reading.quality for reading in readings], dtype=np.int16),
            self.tables.ledgers[partition].watermark,
            self._heard(partition) if self._asks_for_silence else NOBODY,
            {
                number: name.partition("/")[2]
                for name, number in self.tables.numbers.items()
                if number in {reading.device for reading in readings}
            },
        )

    def _heard(self, partition: TopicPartition) -> Heard:
        last: dict[int, tuple[int, int]] = {}
        for at, reading in sorted(self.tables.readings.items()):
            if at[0] == partition and not reading.quality & Quality.FUTURE:
                time, offset = last.get(reading.device, (NEVER, -1))
                last[reading.device] = max(time, reading.time), max(offset, at[1])
        rows = np.array([(device, *seen) for device, seen in last.items()], dtype=np.int64).reshape(-1, 3)
        return Heard(rows[:, 0], rows[:, 1], rows[:, 2], NEVER)

    def pack(self, batch: Batch, devices: Integers, predictions: Predictions) -> Packed:
        return _packed(batch, devices, predictions)

    @contextmanager
    def begin(self, claims: Sequence[Claim]) -> Iterator["FakeTransaction"]:
        if self.away:
            self.away -= 1
            raise Unavailable("the database is away")
        transaction = FakeTransaction(copy.deepcopy(self.tables), {claim.partition: claim for claim in claims})
        yield transaction
        committed, self._lost = self._lost, None
        if committed is False:
            raise Unavailable("the database did not commit")
        self.tables = transaction.tables  # where the answer was lost, the store asked what became of it

    def _take_over(self, partition: TopicPartition, bounds: LogBounds) -> Claim | Halt:
        ledger = self.tables.ledgers.setdefault(partition, Ledger(bounds.topic_id, bounds.low, first_offset=bounds.low))
        ledger.epoch += 1
        if ledger.halt is None or (ledger.halt.kind == HaltKind.NO_ORDER and bounds.ordered):
            ledger.halt = why_halt(ledger.topic_id, ledger.next_offset, bounds)
        if ledger.halt is not None:
            return ledger.halt
        if ledger.next_offset < bounds.low:
            self.tables.gaps.append((partition, ledger.next_offset, bounds.low - ledger.next_offset))
            ledger.next_offset = bounds.low
        return Claim(partition, ledger.next_offset, ledger.epoch, ledger.outcomes)


def _packed(batch: Batch, devices: Integers, predictions: Predictions) -> Packed:
    """Enough to tell whether what was packed is what is saved."""
    columns = (batch.offsets, batch.ids, batch.quality, devices, predictions.scores)
    shadow = predictions.shadow.scores.tobytes() if predictions.shadow else b""
    return Packed(date.min, b"".join(column.tobytes() for column in columns), shadow)


class FakeTransaction:
    """core.ports.stream.ReadingTransaction."""

    def __init__(self, tables: Tables, claims: Mapping[TopicPartition, Claim]) -> None:
        self.tables = tables
        self._claims = claims

    def save(self, batch: Batch, devices: Integers, predictions: Predictions, packed: Packed | None = None) -> None:
        assert packed in (None, _packed(batch, devices, predictions))
        assert len(devices) == len(batch) == len(predictions.scores)
        for run in batch.runs:
            partition = TopicPartition(batch.topic, run.partition)
            claim, ledger = self._claims[partition], self.tables.ledgers[partition]
            is_ours = (ledger.next_offset, ledger.epoch) == (claim.next_offset, claim.epoch)
            if not is_ours or run.next_offset <= claim.next_offset:
                raise Fenced(f"{partition.topic}/{partition.partition} is no longer ours")
            ledger.next_offset, ledger.outcomes, ledger.halt = run.next_offset, run.outcomes, run.halt
            ledger.duplicates += run.duplicates
            timely = batch.times[run.rows][batch.quality[run.rows] & Quality.FUTURE == 0].tolist()
            ledger.watermark = max([*timely, ledger.watermark], key=lambda time: -1 if time is None else time)
            self.tables.gaps += [(partition, first, count) for first, count in run.gaps]
        for row in range(len(batch)):
            at = (TopicPartition(batch.topic, int(batch.partitions[row])), int(batch.offsets[row]))
            assert at not in self.tables.readings, "each position is stored once"
            self.tables.readings[at] = Stored(
                batch.ids[row].tobytes(),
                int(devices[row]),
                int(batch.times[row]),
                tuple(batch.sensors[row].tolist()),
                int(batch.quality[row]),
                float(predictions.scores[row]),
                predictions.version.number,
            )
            if predictions.shadow is not None and np.isfinite(predictions.shadow.scores[row]):
                said = (predictions.shadow.version.number, float(predictions.shadow.scores[row]))
                self.tables.shadows[at] = said
        self.tables.dead += batch.dead_letters

    def incidents(
        self, batch: Batch, judgement: Judgement, model: Model, sensors: SensorJudgement | None = None
    ) -> None:
        assert model.version.machine in batch.topic
        self.tables.events += judgement.events
        self.tables.states.update(judgement.states)
        if sensors is not None:
            self.tables.sensor_events += sensors.judgement.events
            self.tables.sensors.update(sensors.states)

    def silent_devices(self, machine: str) -> Collection[int]:
        newest = {last.device: what for what, last in self.tables.silences}
        return {device for device, what in newest.items() if what == "fell silent"}

    def silence(
        self, partition: TopicPartition, heard: Heard, watermark: int, silence: Silence, model: Model
    ) -> Integers:
        claim, ledger = self._claims[partition], self.tables.ledgers[partition]
        if (ledger.next_offset, ledger.epoch) != (claim.next_offset, claim.epoch):
            raise Fenced(f"{partition.topic}/{partition.partition} is no longer ours")
        self.tables.silences += [("fell silent", last) for last in silence.fell_silent]
        self.tables.silences += [("speaks again", last) for last in silence.speaks_again]
        return np.empty(0, dtype=np.int64)
