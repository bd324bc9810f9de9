"""Whatever bytes come, the real store takes them: as readings or as dead letters, whole."""

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from consumer.decode import Decoder
from consumer.duplicates import RecentIds
from core.batch import Batch
from core.ports.stream import Claim, LogBounds, TopicPartition
from db.engine import connect
from db.reading_store import PostgresReadingStore
from tests.builders import NOON, HotIsFaulty, a_machine, a_reading, encoded, fetched
from tests.strategies import any_headers, any_value

HERE = TopicPartition("readings.press", 0)
MODEL = HotIsFaulty()


class Ingest:
    """One partition, read from its beginning to its end across all examples."""

    def __init__(self, store: PostgresReadingStore) -> None:
        self._store = store
        (self.claim,) = store.acquire("press", {HERE: LogBounds("id", 0, 10**9)}).claims

    def take(self, values: list[bytes | None], headers: list[tuple[str, bytes | None]]) -> Batch:
        """Decode, score and store messages that stand next in the log."""
        messages = fetched(values, self.claim.next_offset)._replace(headers=lambda _: headers)
        batch = Decoder(a_machine()).decode(messages, {HERE: self.claim.next_offset}, {HERE: RecentIds()})
        known = self._store.devices("press", sorted(set(batch.devices)))
        numbers = [known[name].id for name in batch.devices]
        with self._store.begin([self.claim]) as tx:
            tx.save(batch, np.array(numbers, dtype=np.int64), MODEL.predict(batch.sensors).only(batch.quality == 0))
        self.claim = Claim(HERE, batch.runs[0].next_offset, self.claim.epoch)
        return batch


@pytest.fixture
def ingest(database_url: str) -> Iterator[Ingest]:
    engine = connect(database_url, "consumer")
    store = PostgresReadingStore(engine, "test", lambda: NOON)
    store.register(a_machine())
    yield Ingest(store)
    engine.dispose()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])  # the log goes on from example to example
@given(values=st.lists(any_value, max_size=4), headers=any_headers)
def test_any_message_is_stored_or_kept_whole_and_its_neighbours_with_it(
    ingest: Ingest, owner: Engine, values: list[bytes | None], headers: list[tuple[str, bytes | None]]
) -> None:
    first = ingest.claim.next_offset
    messages = [encoded(a_reading()), *values, encoded(a_reading())]
    ingest.take(messages, headers)
    with owner.connect() as connection:
        stored = connection.execute(
            text("SELECT kafka_offset FROM reading WHERE kafka_offset >= :first"), {"first": first}
        ).scalars()
        dead = connection.execute(
            text("SELECT kafka_offset, value FROM dead_letter WHERE kafka_offset >= :first"), {"first": first}
        ).all()
        offsets = [*stored, *(row.kafka_offset for row in dead)]
        assert sorted(offsets) == list(range(first, first + len(messages)))
        assert {first, first + len(messages) - 1}.isdisjoint(row.kafka_offset for row in dead)
        kept = [None if row.value is None else bytes(row.value) for row in dead]
        assert kept == [messages[row.kafka_offset - first] for row in dead]
