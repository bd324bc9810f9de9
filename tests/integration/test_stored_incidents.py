"""Incidents in the database do not depend on how the log was cut into batches."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Engine, text

from core.alert_policy import AlertPolicy
from core.incident import HEALTHY, DeviceState, judge
from core.ports.stream import LogBounds, TopicPartition
from db.engine import connect
from db.operators import Operator, PostgresOperators, Subscription
from db.reading_store import PostgresReadingStore
from tests.builders import NOON, HotIsFaulty, a_batch, a_machine

HERE = TopicPartition("readings.press", 0)
MACHINE = a_machine(alerts=AlertPolicy(0.954, 0.958, medium_after=20, high_after=60))
COUNT = 400


@pytest.fixture
def store(database_url: str) -> Iterator[PostgresReadingStore]:
    engine = connect(database_url, "consumer")
    yield PostgresReadingStore(engine, "test", lambda: NOON)
    engine.dispose()


def a_log(seed: int) -> tuple[Sequence[str], Sequence[float]]:
    """Devices and temperatures with many troubles, long ones among them."""
    draw = random.Random(seed)
    hot = dict.fromkeys(("one", "two", "three"), False)
    devices, temperatures = [], []
    for _ in range(COUNT):
        device = draw.choice(list(hot))
        hot[device] ^= draw.random() < 0.08
        devices.append(device)
        temperatures.append(95.0 + draw.random() if hot[device] else 60.0)
    return devices, temperatures


def store_cut(store: PostgresReadingStore, log: tuple[Sequence[str], Sequence[float]], cuts: Sequence[int]) -> None:
    """Store the log in batches that begin at these readings."""
    model = HotIsFaulty()
    store.register(MACHINE)
    known = store.devices("press", sorted(set(log[0])))
    states: dict[int, DeviceState] = {}
    for start, end in pairwise([*cuts, COUNT]):
        claims = store.acquire("press", {HERE: LogBounds("id", 0, COUNT)}).claims
        batch = a_batch(
            end - start,
            first_offset=start,
            devices=log[0][start:end],
            sensors=[[celsius, 3.0] for celsius in log[1][start:end]],
        )
        jumps = batch.offsets * 7919 % 31 * 1_000_000  # clocks of devices are not in step
        batch = replace(batch, times=batch.times - jumps)
        devices = np.array([known[name].id for name in batch.devices])
        scores = model.predict(batch.sensors)
        judgement = judge(batch, devices, scores, states, MACHINE.incident)
        with store.begin(claims) as tx:
            tx.save(batch, devices, scores)
            tx.incidents(batch, judgement, model)
        states = {device: state for device, state in {**states, **judgement.states}.items() if state != HEALTHY}


def what_is_stored(owner: Engine) -> tuple[Sequence[Any], Sequence[Any], int]:
    with owner.connect() as connection:
        incidents = connection.execute(text(_INCIDENTS)).all()
        states = connection.execute(text("SELECT * FROM device_state ORDER BY device")).all()
        messages = connection.execute(text("SELECT count(*) FROM outbox WHERE kind = 'alert'")).scalar_one()
        return incidents, states, messages


_INCIDENTS = """
    SELECT d.name, i.since_offset, i.since_time, i.opened_offset, i.opened_time, i.last_offset, i.last_time,
           i.closed_offset, i.closed_time, i.faults, i.peak, i.severity, a.probability, a.standing_out::text
      FROM incident i JOIN device d ON d.id = i.device JOIN alert a ON a.incident = i.id ORDER BY i.id"""


@pytest.fixture
def by_reading(store: PostgresReadingStore, owner: Engine) -> tuple[Sequence[Any], Sequence[Any], int]:
    """What is there when each reading came in a batch of its own."""
    PostgresOperators(owner).add(Operator("ada", "operator", "UTC", None, [Subscription("console", "")]))
    store_cut(store, a_log(7), range(COUNT))
    found = what_is_stored(owner)
    with owner.begin() as connection:
        connection.execute(text("TRUNCATE reading, ingest_partition, incident, alert, outbox, device_state CASCADE"))
    return found


@pytest.mark.parametrize("cuts", [[0], [0, 1, 2, 150, 151, 399], list(range(0, COUNT, 7))], ids=["one", "few", "many"])
def test_a_log_gives_the_same_incidents_however_it_was_cut(
    store: PostgresReadingStore, owner: Engine, by_reading: tuple[Sequence[Any], Sequence[Any], int], cuts: list[int]
) -> None:
    incidents, states, messages = by_reading
    assert len(incidents) == messages > 5
    assert sum(row.closed_offset is not None for row in incidents) > 3
    assert sum(row.closed_offset is None for row in incidents) > 0
    assert {row.severity for row in incidents} == {1, 2, 3}
    store_cut(store, a_log(7), cuts)
    assert what_is_stored(owner) == (incidents, states, messages)
