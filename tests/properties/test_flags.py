"""Late readings and stuck sensors do not depend on how the log was cut, on retries, or on who died in between."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from consumer.past import Past
from core.batch import Flags, Floats, Integers, Quality
from core.ports.stream import Recent
from core.sensor import Sensor
from core.silence import NOBODY
from tests.builders import a_machine

SENSORS = (Sensor("temperature", (0, 3), stuck_after=3), Sensor("pressure", (0, 3), optional=True, stuck_after=2))
MACHINE = a_machine(sensors=(*SENSORS, Sensor("speed", (0, 3))), late_after=10)
SECOND = 1_000_000
Row = tuple[int, int, tuple[float, ...], bool]
"""Device, second, sensors, in the future."""

values = st.sampled_from([1.0, 2.0, float("nan")])
rows: st.SearchStrategy[Row] = st.tuples(
    st.sampled_from([3, 4, 900]), st.integers(0, 40), st.tuples(values, values, values), st.booleans()
)
logs = st.lists(rows, min_size=1, max_size=40)
cuts = st.lists(st.integers(1, 39), max_size=6)


def naive(log: Sequence[Row]) -> list[int]:
    """The flags as a person would work them out, one reading after the other."""
    flags: list[int] = []
    runs: dict[tuple[int, str], tuple[float, int]] = {}
    watermark = -1
    for device, second, sensors, future in log:
        late = not future and watermark >= 0 and second < watermark - MACHINE.late_after
        stuck = False
        if not future:
            watermark = max(watermark, second)
        if not future and not late:
            for value, sensor in zip(sensors, MACHINE.sensors, strict=True):
                if value == value:
                    before, count = runs.get((device, sensor.name), (-1.0, 0))
                    count = count + 1 if value == before else 1
                    runs[device, sensor.name] = (value, count)
                    stuck |= sensor.stuck_after is not None and count >= sensor.stuck_after
        flags.append(future * Quality.FUTURE + late * Quality.LATE + stuck * Quality.STUCK)
    return flags


def columns(log: Sequence[Row]) -> tuple[Integers, Integers, Integers, Floats, Flags]:
    return (
        np.array([row[0] for row in log], dtype=np.int64),
        np.arange(len(log)),
        np.array([row[1] * SECOND for row in log], dtype=np.int64),
        np.array([row[2] for row in log], dtype=np.float64).reshape(len(log), 3),
        np.array([row[3] * Quality.FUTURE for row in log], dtype=np.int16),
    )


def stored(log: Sequence[Row], flags: Sequence[int]) -> Recent:
    """What the database would say after these."""
    devices, _, times, sensors, _ = columns(log[::-1])
    quality = np.array(flags[::-1], dtype=np.int16)
    timely = times[quality & Quality.FUTURE == 0]
    return Recent((), devices, sensors, quality, int(timely.max()) if len(timely) else None, NOBODY)


def flagged(log: Sequence[Row], cuts: Sequence[int], dies_at: Sequence[int]) -> list[int]:
    past = Past(MACHINE)
    flags: list[int] = []
    for start, end in pairwise(sorted({0, len(log), *(cut for cut in cuts if cut < len(log))})):
        if start in dies_at:
            past = Past(MACHINE, stored(log[:start], flags))
        past.look(*columns(log[start:end]))  # a try that the database refused
        look = past.look(*columns(log[start:end]))
        past.take(look)
        flags += look.quality.tolist()
    return flags


@given(log=logs, cuts=cuts, dies_at=st.lists(st.integers(0, 39), max_size=3))
def test_flags_are_what_a_reader_of_the_whole_log_would_give(
    log: list[Row], cuts: list[int], dies_at: list[int]
) -> None:
    assert flagged(log, [*cuts, *dies_at], dies_at) == naive(log)
