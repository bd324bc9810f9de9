"""Small makers of things that tests speak about."""

import json
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from consumer.fetched import Fetched
from core.batch import Batch, PartitionRun, to_micros
from core.dead_letter import KeptLetter
from core.incident_policy import IncidentPolicy
from core.machine import Machine
from core.prediction import ModelVersion, Predictions, UsualRange
from core.sensor import Sensor

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def a_machine(name: str = "press", **changes: Any) -> Machine:
    """A machine with a required temperature and an optional pressure, unless told otherwise."""
    fields: dict[str, Any] = {
        "name": name,
        "topics": (f"readings.{name}",),
        "sensors": (
            Sensor("temperature", (50, 80), unit="°C", minimum=-50, maximum=400),
            Sensor("pressure", (2, 6), unit="bar", minimum=0, maximum=50, optional=True),
        ),
        "incident": IncidentPolicy(open_after=2, of_last=3, close_after=3),
    }
    return Machine(**{**fields, **changes})


def a_reading(
    device: str = "press-1", time: datetime = NOON, reading_id: str | None = None, **sensors: float | None
) -> dict[str, Any]:
    """A reading as its JSON object; sensors by name, 70 °C unless told otherwise."""
    return {
        "id": reading_id or str(uuid.uuid4()),
        "device": device,
        "time": time.isoformat(),
        "sensors": sensors or {"temperature": 70.0},
    }


def encoded(reading: Mapping[str, Any]) -> bytes:
    """A reading's bytes."""
    return json.dumps(reading).encode()


def fetched(
    values: Sequence[bytes | None],
    first_offset: int = 0,
    topic: str = "readings.press",
    partition: int = 0,
    key: bytes | None = b"press-1",
    produced: datetime = NOON,
) -> Fetched:
    """Messages in a row in one partition."""
    count = len(values)
    return Fetched(
        topic,
        np.full(count, partition),
        np.arange(first_offset, first_offset + count),
        [key] * count,
        list(values),
        lambda _: [("truth", b"normal")],
        np.full(count, to_micros(produced) // 1000),
    )


def a_batch(
    count: int = 1,
    *,
    machine: Machine | None = None,
    first_offset: int = 0,
    partition: int = 0,
    devices: Sequence[str] = (),
    sensors: Sequence[Sequence[float]] | None = None,
) -> Batch:
    """A batch of `count` good readings in a row, a second apart."""
    machine = machine or a_machine()
    shape = (count, len(machine.sensors))
    offsets = np.arange(first_offset, first_offset + count)
    return Batch(
        topic=machine.topics[0],
        partitions=np.full(count, partition, dtype=np.int64),
        offsets=offsets,
        ids=np.frombuffer(b"".join(uuid.uuid4().bytes for _ in range(count)), dtype="V16"),
        devices=list(devices) or ["press-1"] * count,
        times=np.array([to_micros(NOON + timedelta(seconds=int(offset))) for offset in offsets], dtype=np.int64),
        sensors=np.full(shape, 70.0) if sensors is None else np.array(sensors, dtype=np.float64).reshape(shape),
        quality=np.zeros(count, dtype=np.int16),
        extras=(),
        runs=[PartitionRun(partition, slice(0, count), first_offset + count, (), 0, 0)],
        dead_letters=(),
    )


def predictions(
    scores: Sequence[float], version: int = 1, threshold: float = 0.5, machine: str = "press"
) -> Predictions:
    """What a version says: these scores, faults from the threshold on."""
    column = np.array(scores, dtype=np.float64)
    return Predictions(
        ModelVersion(machine, version), column, np.zeros(len(column), dtype=np.int16), column >= threshold
    )


def a_letter(offset: int = 0, topic: str = "t", value: bytes | None = b"bad", **changes: Any) -> KeptLetter:
    """A dead letter as it is kept."""
    fields: dict[str, Any] = {
        "topic_id": 1,
        "topic": topic,
        "partition": 2,
        "offset": offset,
        "machine": "press",
        "stage": "decode",
        "reason": "no JSON",
        "recorded_at": NOON,
        "key": b"k",
        "value": value,
        "headers": [("truth", b"normal")],
        "value_size": len(value or b""),
        "value_sha256": None,
    }
    return KeptLetter(**{**fields, **changes})


class HotIsFaulty:
    """A model of the tests: the warmer, the likelier a fault; certain at 100 °C."""

    def __init__(self, number: int = 1, machine: str = "press", threshold: float = 0.9) -> None:
        self.version = ModelVersion(machine, number)
        self.usual = {"temperature": UsualRange(50, 65, 80)}
        self._threshold = threshold

    def predict(self, sensors: np.ndarray[Any, np.dtype[np.float64]]) -> Predictions:
        scores = np.clip(np.nan_to_num(sensors[:, 0]) / 100, 0, 1)
        return Predictions(self.version, scores, np.zeros(len(scores), dtype=np.int16), scores >= self._threshold)
