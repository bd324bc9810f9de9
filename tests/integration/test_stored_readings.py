"""The shape of a stored reading, for every task."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Engine, text

from consumer.decode import Decoder
from consumer.duplicates import RecentIds
from core.batch import Batch
from core.errors import Halted
from core.machine import Machine, Sensor
from core.ports import LogBounds, TopicPartition
from core.prediction import ModelVersion, Predictions
from db.engine import connect
from db.reading_store import PostgresReadingStore
from tests.builders import NOON, a_batch, a_machine, a_reading, encoded, fetched

PLATES = Machine(
    name="plates",
    task="defects",
    classes=("pastry", "z_scratch", "k_scatch", "stains", "dirtiness", "bumps", "other_faults"),
    topics=("readings.plates",),
    sensors=tuple(Sensor(f"feature_{number}", (0, 1)) for number in range(27)),
)
FILM = Machine(
    name="film",
    task="regression",
    topics=("readings.film",),
    sensors=(Sensor("temperature", (20, 30)), Sensor("calibre", (10, 20))),
    texts=("structure",),
)


@pytest.fixture
def store(database_url: str) -> Iterator[PostgresReadingStore]:
    engine = connect(database_url, "consumer")
    yield PostgresReadingStore(engine, "test", lambda: NOON)
    engine.dispose()


def stored(store: PostgresReadingStore, owner: Engine, machine: Machine, batch: Batch, predictions: Predictions) -> Any:
    store.register(machine)
    claims = store.acquire(machine.name, {TopicPartition(machine.topics[0], 0): LogBounds("id", 0, 1000)})
    known = store.devices(machine.name, sorted(set(batch.devices)))
    with store.begin(claims) as tx:
        tx.save(batch, np.array([known[name].id for name in batch.devices]), predictions)
    with owner.connect() as connection:
        return connection.execute(text("SELECT * FROM reading_named ORDER BY kafka_offset")).all()


def says(machine: Machine, scores: list[float], classes: list[int]) -> Predictions:
    column = np.array(scores)
    return Predictions(ModelVersion(machine.name, 3), column, np.array(classes, dtype=np.int16), column > 0.5)


def test_a_binary_machine_with_an_optional_sensor(store: PostgresReadingStore, owner: Engine) -> None:
    machine = a_machine()
    batch = a_batch(2, sensors=[[71.1, 3.3], [1e-300, np.nan]])
    first, second = stored(store, owner, machine, batch, says(machine, [0.1, np.nan], [0, 0]))
    assert first.sensors == {"temperature": 71.1, "pressure": 3.3}
    assert second.sensors == {"temperature": 1e-300, "pressure": None}
    assert (first.machine, first.device, first.time, first.score, first.model_version) == (
        "press",
        "press-1",
        NOON,
        0.1,
        3,
    )
    assert (second.score, second.day, second.id.bytes) == (None, NOON.date(), batch.ids[1].tobytes())


def test_a_machine_of_27_sensors_and_seven_classes(store: PostgresReadingStore, owner: Engine) -> None:
    values = np.linspace(-1e9, 1e9, 27)
    batch = a_batch(1, machine=PLATES, sensors=[values.tolist()])
    (row,) = stored(store, owner, PLATES, batch, says(PLATES, [0.625], [6]))
    assert (row.score, PLATES.classes[row._mapping["class"]]) == (0.625, "other_faults")
    assert row.sensors == dict(zip(PLATES.sensor_names, values.tolist(), strict=True))


def test_a_regression_machine_with_a_text_field(store: PostgresReadingStore, owner: Engine) -> None:
    reading = a_reading(temperature=25.5, calibre=16.4) | {"structure": "BOPP; DROP TABLE reading"}
    here = TopicPartition("readings.film", 0)
    messages = fetched([encoded(reading)], topic="readings.film")
    batch = Decoder(FILM).decode(messages, {here: 0}, {here: RecentIds()})
    (row,) = stored(store, owner, FILM, batch, says(FILM, [1234.5], [0]))
    assert row.score == 1234.5
    with owner.connect() as connection:
        raw = connection.execute(text("SELECT raw FROM reading_extra")).scalar_one()
    assert bytes(raw) == b'{"structure":"BOPP; DROP TABLE reading"}'


def test_sensors_may_be_added_at_the_end_only(store: PostgresReadingStore) -> None:
    machine = a_machine()
    store.register(machine)
    store.register(a_machine(sensors=(*machine.sensors, Sensor("noise", (0, 1)))))
    with pytest.raises(Halted, match="add sensors at the end only"):
        store.register(a_machine(sensors=tuple(reversed(machine.sensors))))


def test_midnight_begins_a_new_partition_of_the_table(database_url: str, owner: Engine) -> None:
    engine = connect(database_url, "consumer")
    clock = [NOON]
    store = PostgresReadingStore(engine, "test", lambda: clock[0])
    machine = a_machine()
    stored(store, owner, machine, a_batch(1), says(machine, [0.1], [0]))
    clock[0] = NOON.replace(day=2)
    rows = stored(store, owner, machine, a_batch(1, first_offset=1), says(machine, [0.1], [0]))
    assert [row.day.day for row in rows] == [1, 2]
    engine.dispose()
