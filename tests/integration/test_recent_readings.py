"""What the gate reads of the latest readings."""

import numpy as np

from core.batch import Quality
from db.engine import connect
from db.reading_store import PostgresReadingStore
from db.recent_readings import PostgresRecentReadings
from tests.builders import NOON, a_machine, a_reading, encoded
from tests.ingest import Ingest

PRESS = a_machine()


def test_the_trainer_reads_the_end_of_the_log_with_its_doubts(database_url: str) -> None:
    consumer, trainer = connect(database_url, "consumer"), connect(database_url, "trainer")
    readings = [
        a_reading(temperature=71.0, pressure=3.1),
        a_reading(temperature=1e9, pressure=3.2),
        a_reading(temperature=73.0, pressure=None),
    ]
    store = PostgresReadingStore(consumer, "test", lambda: NOON)
    try:
        store.register(PRESS)
        recent = PostgresRecentReadings(trainer)
        assert len(recent.latest(PRESS, 10)) == 0
        taken = Ingest(store, PRESS).take(list(map(encoded, readings)))
        found = recent.latest(PRESS, 2)
    finally:
        consumer.dispose()
        trainer.dispose()
    assert found.times.tolist() == taken.times[1:].tolist()
    np.testing.assert_array_equal(found.sensors, [[1e9, 3.2], [73.0, np.nan]])
    assert (found.quality[0] & Quality.OUT_OF_RANGE, found.quality[1]) == (Quality.OUT_OF_RANGE, 0)
    assert len(recent.latest(PRESS, 10)) == 3
