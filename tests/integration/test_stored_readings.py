"""The shape of a stored reading, for every task."""

import io
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Engine, event, text

from consumer.decode import Decoder
from consumer.duplicates import RecentIds
from core.batch import Batch
from core.errors import Fenced, Halted, Unavailable
from core.incident import judge
from core.machine import Defect, Machine
from core.ports.stream import LogBounds, TopicPartition
from core.prediction import ModelVersion, Predictions
from core.sensor import Sensor
from db.bulk import copy_binary
from db.engine import connect
from db.reading_store import PostgresReadingStore
from tests.builders import NOON, HotIsFaulty, a_batch, a_machine, a_reading, encoded, fetched

PLATES = Machine(
    name="plates",
    task="defects",
    defects=tuple(map(Defect, ("Pastry", "Z_Scratch", "K_Scatch", "Stains", "Dirtiness", "Bumps", "Other_Faults"))),
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
    claims = store.acquire(machine.name, {TopicPartition(machine.topics[0], 0): LogBounds("id", 0, 1000)}).claims
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
    (row,) = stored(store, owner, PLATES, batch, says(PLATES, [0.625], [7]))
    assert (row.score, PLATES.classes[row._mapping["class"]]) == (0.625, "Other_Faults")
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


def test_a_new_day_begins_at_once_while_somebody_reads(database_url: str, owner: Engine) -> None:
    engine = connect(database_url, "consumer")
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("SET LOCAL lock_timeout = '200ms'"))
    store = PostgresReadingStore(engine, "test", lambda: NOON)
    machine = a_machine()
    with owner.connect() as reader:
        reader.execute(text("SELECT count(*) FROM reading"))  # its lock stays until this block ends
        assert len(stored(store, owner, machine, a_batch(1), says(machine, [0.1], [0]))) == 1
    engine.dispose()


@pytest.mark.parametrize("moment", ["before COPY", "before COMMIT"])
def test_a_database_that_hangs_up_costs_a_try_and_no_reading(
    store: PostgresReadingStore, owner: Engine, moment: str
) -> None:
    machine = a_machine()
    store.register(machine)
    claims = store.acquire("press", {TopicPartition("readings.press", 0): LogBounds("id", 0, 1000)}).claims
    batch, unremarkable = a_batch(2), says(machine, [0.1, 0.1], [0, 0])
    numbers = np.array([store.devices("press", ["press-1"])["press-1"].id] * 2)

    def write(*, hang_up: str = "") -> None:
        with store.begin(claims) as tx:
            if hang_up == "before COPY":
                _hang_up(owner)
            tx.save(batch, numbers, unremarkable)
            if hang_up == "before COMMIT":
                _hang_up(owner)

    with pytest.raises(Unavailable):
        write(hang_up=moment)
    write()
    with owner.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM reading")).scalar_one() == 2


def test_a_database_that_hangs_up_within_copy_is_unavailable(owner: Engine) -> None:
    def copy() -> None:
        with owner.connect() as connection:
            pid = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
            with owner.connect() as other:
                other.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})
            copy_binary(connection, "reading", io.BytesIO(b"PGCOPY"))

    with pytest.raises(Unavailable):
        copy()


def test_an_incident_that_another_consumer_opened_meanwhile_fences(store: PostgresReadingStore, owner: Engine) -> None:
    machine = a_machine()
    store.register(machine)
    here, there = TopicPartition("readings.press", 0), TopicPartition("readings.press", 1)
    claims = store.acquire("press", {here: LogBounds("id", 0, 1000), there: LogBounds("id", 0, 1000)}).claims
    numbers = np.array([store.devices("press", ["press-1"])["press-1"].id] * 2)

    def open_an_incident(partition: int) -> None:
        batch = a_batch(2, partition=partition, sensors=[[99.0, 3.0]] * 2)
        scores = HotIsFaulty().predict(batch.sensors)
        judgement = judge(batch, numbers, scores, {}, machine.incident)
        with store.begin(claims) as tx:
            tx.save(batch, numbers, scores)
            tx.incidents(batch, judgement, HotIsFaulty())

    open_an_incident(0)
    with pytest.raises(Fenced, match="incident_one_open"):
        open_an_incident(1)
    with owner.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM reading")).scalar_one() == 2


def _hang_up(owner: Engine) -> None:
    with owner.connect() as connection:
        query = (
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'faultline consumer'"
        )
        connection.execute(text(f"{query} AND datname = current_database()"))
