"""A rolling sensor does not depend on how the log was cut, on what could not be scored, or on who died in between."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from app.scorer_apart import scorer_apart
from consumer import rolling
from consumer.limit import behind_unscorable
from consumer.rolling import RollingCourses, with_rolling_sensors
from core.batch import Batch, Floats, Quality
from core.ports.stream import Claim, Recent, TopicPartition
from core.prediction import Predictions
from core.rolling import with_rolling
from core.sensor import Rolling, RollingFunction, Sensor
from core.silence import NOBODY
from tests.builders import HotIsFaulty, a_batch, a_machine
from tests.rolling import worked_out

FUNCTIONS: tuple[RollingFunction, ...] = ("mean", "std", "min", "max", "change")
MACHINE = a_machine(
    sensors=(
        Sensor("heat", (50, 80), rolling=Rolling("temperature", "mean", 2)),
        Sensor("temperature", (50, 80), minimum=-50, maximum=400),
        Sensor("pressure", (2, 6), optional=True),
        *(Sensor(f"{one}_3", (50, 80), rolling=Rolling("temperature", one, 3)) for one in FUNCTIONS),
        Sensor("pressed", (2, 6), rolling=Rolling("pressure", "max", 4)),
    ),
    late_after=10,
)
HERE = TopicPartition(MACHINE.topics[0], 0)
CRASHES = 66.6
SECOND = 1_000_000
NAN = float("nan")


class Row(NamedTuple):
    device: str
    second: int
    temperature: float
    pressure: float
    future: bool


temperatures = st.sampled_from([60.1, 70.2, 55.5, 71.3, 98.7, 1e3, NAN, CRASHES]) | st.floats(0, 100)
seldom = st.sampled_from([False] * 7 + [True])
rows = st.builds(Row, st.sampled_from("abaac"), st.integers(0, 14), temperatures, st.floats(0, 10), seldom)
logs = st.lists(rows, min_size=8, max_size=40)
cuts = st.lists(st.integers(1, 39), max_size=6)
NUMBERS = {1: "a", 2: "b", 3: "c"}


class Picky(HotIsFaulty):
    """Cannot score what was read at one temperature, nor a device whose mean of two is above 90."""

    def predict(self, sensors: Floats) -> Predictions:
        if (sensors[:, 1] == CRASHES).any() or (sensors[:, 0] > 90).any():
            raise ZeroDivisionError
        return super().predict(sensors)


def batch_of(log: Sequence[Row], first: int) -> Batch:
    sensors = np.full((len(log), len(MACHINE.sensors)), NAN)
    sensors[:, 1], sensors[:, 2] = [row.temperature for row in log], [row.pressure for row in log]
    return replace(
        a_batch(len(log), machine=MACHINE, first_offset=first, devices=[row.device for row in log]),
        sensors=sensors,
        times=np.array([row.second * SECOND for row in log], dtype=np.int64),
        quality=np.array([row.future * Quality.FUTURE for row in log], dtype=np.int16),
    )


class Consumed:
    """What consumers stored of a log, one after the other."""

    def __init__(self) -> None:
        self.offsets: list[int] = []
        self.rows: list[Row] = []
        self.sensors: list[list[float]] = []
        self.late: list[bool] = []
        self.dead: list[int] = []
        self.watermark: int | None = None

    def recent(self) -> Recent:
        newest = slice(None, None, -1)
        devices = [number for row in self.rows for number, name in NUMBERS.items() if name == row.device]
        flags = [
            row.future * Quality.FUTURE | late * Quality.LATE for row, late in zip(self.rows, self.late, strict=True)
        ]
        return Recent(
            (),
            np.array(devices, dtype=np.int64)[newest],
            np.array(self.sensors).reshape(len(self.rows), len(MACHINE.sensors))[newest],
            np.array(flags, dtype=np.int16)[newest],
            self.watermark,
            NOBODY,
            NUMBERS,
        )

    def take(self, batch: Batch, log: Sequence[Row]) -> None:
        for offset, sensors in zip(batch.offsets.tolist(), batch.sensors.tolist(), strict=True):
            row = log[offset]
            newest = self.watermark
            late = not row.future and newest is not None and row.second * SECOND < newest - 10 * SECOND
            if not row.future:
                self.watermark = max(row.second * SECOND, newest if newest is not None else -1)
            self.offsets.append(offset)
            self.rows.append(row)
            self.sensors.append(sensors)
            self.late.append(late)
        self.dead += [letter.position.offset for letter in batch.dead_letters]


def consumed(log: Sequence[Row], cuts: Sequence[int], dies_at: Sequence[int]) -> Consumed:
    """As the consumer does it: decode ahead, score, store up to what cannot be scored, take over anew."""
    stored, model, start = Consumed(), Picky(), 0
    course = RollingCourses(MACHINE, stored.recent())
    while start < len(log):
        end = min([cut for cut in cuts if cut > start] + [len(log)])
        batch = with_rolling_sensors(batch_of(log[start:end], start), {HERE: course})
        scored = scorer_apart().score(MACHINE, model, batch)
        at = start
        limited = behind_unscorable(scored.batch, lambda _: Claim(HERE, at, 1))  # noqa: B023  # called at once
        stored.take(limited.batch, log)
        start = limited.batch.runs[0].next_offset
        if limited.kept is not None or start in dies_at:
            course = RollingCourses(MACHINE, stored.recent())
    return stored


@settings(max_examples=40)
@given(log=logs, cuts=cuts, dies_at=st.lists(st.integers(0, 39), max_size=3))
def test_what_is_stored_is_what_one_reader_of_the_whole_log_works_out(
    log: list[Row], cuts: list[int], dies_at: list[int]
) -> None:
    assume(sum(row.temperature == CRASHES or row.temperature > 80 for row in log) <= 8)  # more are the model's fault
    found = consumed(log, sorted({*cuts, *dies_at}), dies_at)
    looked = [
        (row.device, batch_of([row], 0).sensors[0].tolist(), not row.future and not late)
        for row, late in zip(found.rows, found.late, strict=True)
    ]
    assert np.array(found.sensors).tobytes() == np.array(worked_out(MACHINE, looked)).reshape(-1).tobytes()
    alone = consumed(log, range(len(log)), ())
    assert (alone.offsets, alone.dead) == (found.offsets, found.dead), "the same readings cannot be scored"


@given(log=logs, within=st.integers(2, 12))
def test_a_window_reaches_no_further_back_than_a_new_owner_can_look(log: list[Row], within: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rolling, "WINDOW", within)
        course = RollingCourses(MACHINE, Consumed().recent())
        batch = batch_of([row._replace(future=False, second=0) for row in log], 0)
        found = with_rolling_sensors(batch, {HERE: course}).sensors
    looked = [(device, sensors, True) for device, sensors in zip(batch.devices, batch.sensors.tolist(), strict=True)]
    assert found.tobytes() == np.array(worked_out(MACHINE, looked, within)).tobytes()


@given(log=logs)
def test_a_file_gets_what_the_stream_gets(log: list[Row]) -> None:
    batch = batch_of(log, 0)
    looked = [(device, sensors, True) for device, sensors in zip(batch.devices, batch.sensors.tolist(), strict=True)]
    found = with_rolling(MACHINE, list(batch.devices), batch.sensors)
    assert found.tobytes() == np.array(worked_out(MACHINE, looked)).tobytes()
