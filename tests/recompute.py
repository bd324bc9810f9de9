"""I3: incidents and device states, computed again from the stored readings alone."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from sqlalchemy import Row

from app.machines import load_machines
from consumer.doubts import doubts_of
from consumer.past import Look, Past
from core.batch import Quality, to_micros
from core.incident import HEALTHY, DeviceState, Judgement, Opened, judge
from core.machine import Machine
from core.ports.stream import TopicPartition
from core.prediction import ModelVersion, Predictions
from core.sensor_fault import ALL_WELL, SensorState, judge_sensors
from tests.builders import a_batch
from tests.world import World


@dataclass
class Recomputed:
    """What should be in the tables incident and device_state."""

    incidents: list[tuple[int, ...]] = field(default_factory=list)
    """(partition, opening offset, device, first fault's offset, closing offset or -1, faults)."""
    states: dict[int, DeviceState] = field(default_factory=dict)
    sensor_faults: list[tuple[int, ...]] = field(default_factory=list)
    """As `incidents`, of sensors that cannot be right."""
    sensor_states: dict[int, SensorState] = field(default_factory=dict)


def assert_derived_state(world: World) -> None:
    """The incidents and device states in the database are those that a recomputation gives."""
    expected = recompute(world)
    for kind, incidents in (("fault", expected.incidents), ("sensor", expected.sensor_faults)):
        stored = world.rows(_STORED, kind=kind)
        assert sorted(map(tuple, stored)) == sorted(incidents), f"I3: incidents of kind {kind}"
        assert world.one(_ALERTS, kind=kind) == len(incidents), "one alert an incident"
    states = {row.device: (row.window_bits, row.normals, row.faults) for row in world.rows("TABLE device_state")}
    assert states == {device: (state.window, state.normals, state.faults) for device, state in expected.states.items()}
    sensors = {row.device: (row.window_bits, row.faults) for row in world.rows("TABLE sensor_state")}
    assert sensors == {
        device: (state.course.window, state.course.faults) for device, state in expected.sensor_states.items()
    }


def recompute(world: World) -> Recomputed:
    """Replay every stored reading, in the log's order, through the same rules."""
    machine = load_machines(world.folder / "machines")[world.machine]
    thresholds = {row.number: row.threshold for row in world.rows("SELECT number, threshold FROM model_version")}
    result = Recomputed()
    retired = {row.id for row in world.rows("SELECT id FROM topic WHERE retired_at IS NOT NULL")}
    by_partition = defaultdict(list)
    for row in world.rows("SELECT * FROM reading ORDER BY topic, kafka_partition, kafka_offset"):
        by_partition[row.topic, row.kafka_partition].append(row)
    for (topic, partition), rows in by_partition.items():
        look = _look_again(machine, rows)
        scores = np.array([row.score for row in rows])
        batch = replace(
            a_batch(len(rows), machine=machine, partition=partition, sensors=[row.sensors for row in rows]),
            quality=look.quality,
            offsets=np.array([row.kafka_offset for row in rows], dtype=np.int64),
            times=np.array([to_micros(row.time) for row in rows], dtype=np.int64),
        )
        faults = scores >= np.array([thresholds.get(row.model_version, np.nan) for row in rows])
        predictions = Predictions(ModelVersion(machine.name, 1), scores, np.zeros(len(rows), dtype=np.int16), faults)
        devices = np.array([row.device for row in rows], dtype=np.int64)
        judgement = judge(batch, devices, predictions, {}, machine.incident)
        result.incidents += _incidents(judgement, ends_with_its_log=topic in retired)
        doubts = doubts_of(batch, {TopicPartition(batch.topic, partition): look}, machine)
        sensors = judge_sensors(batch, devices, doubts, {}, machine)
        result.sensor_faults += _incidents(sensors.judgement, ends_with_its_log=topic in retired)
        if topic not in retired:
            result.states.update({device: state for device, state in judgement.states.items() if state != HEALTHY})
            result.sensor_states.update(
                {device: state for device, state in sensors.states.items() if state != ALL_WELL}
            )
    return result


def _look_again(machine: Machine, rows: Sequence[Row[Any]]) -> Look:
    """The flags that depend on earlier readings are those that one reader of the whole partition gives."""
    stored = np.array([row.quality for row in rows], dtype=np.int16)
    look = Past(machine).look(
        np.array([row.device for row in rows], dtype=np.int64),
        np.array([row.kafka_offset for row in rows], dtype=np.int64),
        np.array([to_micros(row.time) for row in rows], dtype=np.int64),
        np.array([row.sensors for row in rows], dtype=np.float64),
        stored & ~np.int16(Quality.LATE | Quality.STUCK),
    )
    assert look.quality.tolist() == stored.tolist(), "I3: flags"
    return look


def _incidents(judgement: Judgement, *, ends_with_its_log: bool) -> list[tuple[int, ...]]:
    opened: dict[int, Opened] = {}
    closed: list[tuple[int, ...]] = []
    for event in judgement.events:
        if isinstance(event, Opened):
            opened[event.device] = event
        else:
            closed.append(_incident(opened.pop(event.device), event.at.offset, event.state))
    for device, event in opened.items():
        state = judgement.states[device]
        last = state.last or event.at
        closed.append(_incident(event, last.offset if ends_with_its_log else -1, state))
    return closed


def _incident(opened: Opened, closed_offset: int, last: DeviceState) -> tuple[int, ...]:
    since = opened.state.since or opened.at
    return (opened.at.partition, opened.at.offset, opened.device, since.offset, closed_offset, last.faults)


_STORED = """
    SELECT kafka_partition, opened_offset, device, since_offset, coalesce(closed_offset, -1), faults
      FROM incident WHERE kind = :kind"""
_ALERTS = "SELECT count(*) FROM alert JOIN incident i ON i.id = incident WHERE kind = :kind"
