"""Sensor faults must not depend on how the log was cut into batches."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from consumer.doubts import doubts_of
from consumer.past import Past
from core.incident_policy import SensorFaultPolicy
from core.ports.stream import TopicPartition
from core.quality_check import QualityCheck
from core.sensor import Sensor
from core.sensor_fault import ALL_WELL, SensorState, judge_sensors
from tests.builders import a_batch, a_machine

SENSORS = (
    Sensor("temperature", (50, 80), minimum=-50, maximum=400, stuck_after=3),
    Sensor("pressure", (2, 6), minimum=0, maximum=50, stuck_after=2, optional=True),
)
policies = st.integers(1, 5).flatmap(
    lambda n: st.builds(
        SensorFaultPolicy, open_after=st.integers(1, n), of_last=st.just(n), close_after=st.integers(1, 4)
    )
)
values = st.sampled_from([70.0, 71.0, 900.0, float("nan")])
logs = st.lists(st.tuples(st.integers(1, 3), values, values.map(lambda value: value / 20)), min_size=1, max_size=50)
Log = list[tuple[int, float, float]]


def replayed(log: Log, cuts: list[int], policy: SensorFaultPolicy) -> tuple[list[object], dict[int, SensorState]]:
    machine = a_machine(sensors=SENSORS, sensor_faults=policy)
    past, states, told = Past(machine), dict[int, SensorState](), list[object]()
    for start, end in pairwise(sorted({0, len(log), *cuts})):
        part = log[start:end]
        batch = a_batch(len(part), first_offset=start, machine=machine, sensors=[sensors for _, *sensors in part])
        devices = np.array([device for device, *_ in part], dtype=np.int64)
        flags = QualityCheck(machine).flags(batch.sensors)
        look = past.look(devices, batch.offsets, batch.times, batch.sensors, flags)
        past.take(look)
        batch = replace(batch, quality=look.quality)
        doubts = doubts_of(batch, {TopicPartition(batch.topic, 0): look}, machine)
        found = judge_sensors(batch, devices, doubts, states, machine)
        told += [(type(event), event.device, event.at, event.state) for event in found.judgement.events]
        told += [(row + start, finding) for row, finding in sorted(found.findings.items())]
        states = {device: state for device, state in {**states, **found.states}.items() if state != ALL_WELL}
    return sorted(told, key=str), states


@given(log=logs, cuts=st.lists(st.integers(1, 49)), policy=policies)
def test_any_cut_into_batches_gives_the_same_sensor_faults(
    log: Log, cuts: list[int], policy: SensorFaultPolicy
) -> None:
    assert replayed(log, [cut for cut in cuts if cut < len(log)], policy) == replayed(log, [], policy)
