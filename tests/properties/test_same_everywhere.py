"""A reading gets the same verdict alone, in a batch, in a file, through Kafka's decoder, and over HTTP."""

import asyncio
import uuid

import httpx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consumer.decode import Decoder
from consumer.duplicates import RecentIds
from consumer.rolling import RollingCourses, with_rolling_sensors
from core.api_key import Scope
from core.batch import Floats, Quality, to_micros
from core.defect import likeliest
from core.flags import flags_text
from core.machine import Machine
from core.ports.stream import NOTHING_STORED, TopicPartition
from core.prediction import Predictions
from core.rolling import with_rolling
from producer.encode import encoder_of
from producer.readings import Readings
from tests.api_rig import MACHINES, ApiRig, a_model, as_sensors, readings_of
from tests.builders import NOON, fetched

RIG = ApiRig()
KEY = RIG.keys.offer(Scope.PREDICT)


@pytest.mark.parametrize("name", sorted(MACHINES))
@settings(max_examples=5)
@given(seed=st.integers(0, 2**32 - 1), count=st.integers(1, 16), spread=st.floats(0.1, 4))
def test_a_reading_gets_the_same_class_and_probability_however_it_comes(
    name: str, seed: int, count: int, spread: float
) -> None:
    machine, model = MACHINES[name], a_model(name)
    rows = with_rolling(machine, [_device(machine)] * count, readings_of(machine, count, seed, spread))
    together = model.predict(rows)
    wanted = [
        {
            "fault": fault,
            "probability": score,
            "defect": machine.classes[number] if machine.classes and fault else None,
            "defects": _told(machine, together, row) if fault else [],
            "value": value,
            "problems": [],
            "spoke_for": None,
            "explanation": None,
        }
        for row, (fault, score, number, value) in enumerate(
            zip(
                together.faults.tolist(),
                together.scores.tolist(),
                together.classes.tolist(),
                [None] * count if together.values is None else together.values.tolist(),
                strict=True,
            )
        )
    ]
    alone, batch, file = asyncio.run(_over_http(machine, rows))
    assert (alone, batch, file) == (wanted, wanted, wanted)
    assert np.array_equal(model.predict(_through_kafka(machine, rows)).scores, together.scores)


def _told(machine: Machine, said: Predictions, row: int) -> list[dict[str, object]]:
    likely = () if said.defects is None else likeliest(machine, said.defects[row].tolist())
    return [{"defect": one.defect, "probability": one.probability} for one in likely]


async def _over_http(machine: Machine, rows: Floats) -> tuple[list[object], list[object], list[object]]:
    """The verdicts of requests of one reading each, of one with all of them, and of a file."""
    path = f"http://api/api/v1/machines/{machine.name}/predict"
    raw = rows[:, machine.sent_places]
    known = [as_sensors(machine.sent, row) for row in raw]
    sent = [{"sensors": one, "earlier": known[:place]} for place, one in enumerate(known)]
    csv = _table(machine.sent, raw).to_csv(index=False, sep=";", decimal=",").encode()
    headers = {"Authorization": f"Bearer {KEY}"}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(RIG.app), headers=headers) as client:
        alone = await asyncio.gather(*(client.post(path, json=one) for one in sent))
        batch = await client.post(f"{path}/batch", json={"readings": sent})
        file = await client.post(f"{path}/file", files={"file": ("a.csv", csv)})
    return [answer.json()["verdict"] for answer in alone], batch.json()["verdicts"], file.json()["verdicts"]


def _table(machine: Machine, rows: Floats) -> pd.DataFrame:
    """Flags share a column, as text; the other sensors have one each."""
    of_bits = {name for name, _, bit in _columns(machine) if bit is not None}
    flags = {column: [flags_text(pairs) for pairs in _bits(machine, column, rows)] for column in of_bits}
    numbers = {name: rows[:, place] for name, place, bit in _columns(machine) if bit is None}
    return pd.DataFrame({**numbers, **flags, machine.csv.device: _device(machine)})


def _columns(machine: Machine) -> list[tuple[str, int, int | None]]:
    """Column, place among the sensors, bit."""
    return [
        (sensor.name if sensor.bit is None else sensor.written, place, sensor.bit)
        for place, sensor in enumerate(machine.sensors)
    ]


def _bits(machine: Machine, column: str, rows: Floats) -> list[list[tuple[int, float]]]:
    held = [(bit, place) for name, place, bit in _columns(machine) if name == column and bit is not None]
    return [[(bit, row[place]) for bit, place in held] for row in rows.tolist()]


def _device(machine: Machine) -> str:
    return machine.devices[0] if machine.devices else "one"


def _through_kafka(machine: Machine, rows: Floats) -> Floats:
    count, device = len(rows), _device(machine)
    ids, times = [str(uuid.uuid4()) for _ in rows], np.full(count, to_micros(NOON))
    sent = Readings(ids, [device] * count, times, rows, None, np.zeros(count))
    here = TopicPartition(machine.topics[0], 0)
    messages = fetched(encoder_of(machine).encode(sent), topic=here.topic, key=device.encode())
    batch = Decoder(machine).decode(messages, {here: 0}, {here: RecentIds()})
    assert not batch.dead_letters
    assert (batch.quality == Quality.GOOD).all()
    return with_rolling_sensors(batch, {here: RollingCourses(machine, NOTHING_STORED)}).sensors
