"""Silence on the real database: one incident, one alert, closed when the device speaks again, whoever owns what."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Engine, Row, text

from alerts.render import ConsoleRenderer
from consumer.duplicates import WINDOW
from consumer.past import Pasts
from consumer.silence import SilenceSweep
from consumer.silence_way import TracedLook
from core.batch import to_micros
from core.errors import Fenced
from core.label import Verdict
from core.ports.chat import OutboxMessage
from core.ports.stream import Claim, LogBounds, TopicPartition
from core.severity import Severity
from core.span import HEADER
from db.engine import connect
from db.labels import NewLabel, add_label
from db.reading_store import PostgresReadingStore
from tests.builders import NOON, HotIsFaulty, a_batch, a_machine
from tests.fake_spans import FakeSpans

MACHINE = a_machine(silent_after=600, topics=("readings.press",))
MODEL = HotIsFaulty()


class Owner:
    """A consumer's writing side: partitions taken over, readings stored, silence looked for at once when asked."""

    def __init__(self, store: PostgresReadingStore, partitions: Sequence[int] = (0,)) -> None:
        self._store = store
        self.pasts = Pasts()
        named = [TopicPartition("readings.press", number) for number in partitions]
        claims = store.acquire("press", {partition: LogBounds("id", 0, 10**9) for partition in named}).claims
        self.claims: dict[TopicPartition, Claim] = {claim.partition: claim for claim in claims}
        for partition in named:
            self.pasts.begin(partition, MACHINE, store.recent(partition, WINDOW))
        self._clock = 0.0
        self.spans = FakeSpans()
        self._sweeper = SilenceSweep(
            store,
            self.pasts,
            {"readings.press": MACHINE},
            lambda: self._clock,
            lambda topic: TracedLook(self.spans, topic, lambda: 1),
        )
        self.ends = {partition: claim.next_offset for partition, claim in self.claims.items()}

    def store(self, devices: Sequence[str], seconds: Sequence[int], partition: int = 0) -> None:
        """Readings of these devices at these seconds after noon."""
        at = TopicPartition("readings.press", partition)
        claim = self.claims[at]
        batch = a_batch(len(devices), first_offset=claim.next_offset, partition=partition, devices=devices)
        batch = replace(batch, times=np.array([to_micros(NOON + timedelta(seconds=second)) for second in seconds]))
        known = self._store.devices("press", sorted(set(devices)))
        numbers = np.array([known[name].id for name in devices], dtype=np.int64)
        batch, looks = self.pasts.look(batch, numbers)
        with self._store.begin([claim]) as tx:
            tx.save(batch, numbers, MODEL.predict(batch.sensors))
        self.pasts.take(looks)
        self.claims[at] = replace(claim, next_offset=claim.next_offset + len(devices))
        self.ends[at] = self.claims[at].next_offset

    def sweep(self) -> None:
        """Twice: a partition is judged by where its log ended the time before."""
        for _ in range(2):
            self._clock += 10
            self._sweeper.sweep(self.claims, self.ends, {"press": MODEL})


@pytest.fixture
def store(database_url: str) -> Iterator[PostgresReadingStore]:
    engine = connect(database_url, "consumer")
    made = PostgresReadingStore(engine, "test", lambda: NOON)
    made.register(MACHINE)
    yield made
    engine.dispose()


def silences(owner: Engine) -> Sequence[Row[Any]]:
    query = """
        SELECT d.name, i.since_offset, i.since_time, i.closed_time FROM incident i JOIN device d ON d.id = i.device
         WHERE kind = 'silent' ORDER BY i.id"""
    with owner.connect() as connection:
        return connection.execute(text(query)).all()


def both_speak_then_one(consumer: Owner) -> None:
    consumer.store(["press-1", "press-2"], [0, 5])
    consumer.store(["press-1"] * 3, [300, 600, 606])


def test_a_device_that_stops_speaking_opens_one_incident(store: PostgresReadingStore, owner: Engine) -> None:
    consumer = Owner(store)
    both_speak_then_one(consumer)
    consumer.sweep()
    consumer.store(["press-1"], [700])
    consumer.sweep()
    (silence,) = silences(owner)
    assert tuple(silence) == ("press-2", 1, NOON + timedelta(seconds=5), None)


def test_its_alert_goes_on_in_a_trace_that_begins_with_the_look_that_found_it(
    store: PostgresReadingStore, owner: Engine
) -> None:
    with owner.begin() as connection:
        connection.execute(text("INSERT INTO operator (name, role) VALUES ('ann', 'operator')"))
        connection.execute(text("INSERT INTO subscription (operator, channel, address) VALUES (1, 'console', '')"))
    consumer = Owner(store)
    both_speak_then_one(consumer)
    consumer.sweep()
    consumer.store(["press-1"], [700])
    consumer.sweep()
    (found,) = consumer.spans.recorded
    assert (found.name, found.parent, found.attributes["messaging.kafka.offset"]) == ("silence", None, 1)
    with owner.connect() as connection:
        (header,) = connection.execute(text("SELECT body->>:header FROM outbox"), {"header": HEADER}).scalars()
    assert header == found.context.written


def test_it_grows_more_severe_as_it_lasts(store: PostgresReadingStore, owner: Engine) -> None:
    consumer = Owner(store)
    severities: list[int] = []
    both_speak_then_one(consumer)
    for later in (620, 3000, 3606, 3700):
        consumer.store(["press-1"], [later])
        consumer.sweep()
        with owner.connect() as connection:
            severities += connection.execute(text("SELECT severity FROM incident")).scalars().all()
    assert severities == [Severity.MEDIUM, Severity.MEDIUM, Severity.HIGH, Severity.HIGH]


def test_it_is_closed_when_the_device_speaks_again(store: PostgresReadingStore, owner: Engine) -> None:
    consumer = Owner(store)
    both_speak_then_one(consumer)
    consumer.sweep()
    consumer.store(["press-2"], [650])
    consumer.sweep()
    (silence,) = silences(owner)
    assert silence.closed_time == NOON + timedelta(seconds=650)


def test_silence_survives_restarts_at_any_moment(store: PostgresReadingStore, owner: Engine) -> None:
    first = Owner(store)
    first.store(["press-1", "press-2"], [0, 5])
    first.sweep()
    first.store(["press-3", "press-1"], [6, 300])  # stored, never swept
    second = Owner(store)
    everyone, watermark = second.pasts.of(TopicPartition("readings.press", 0)).heard()
    assert str((everyone, watermark)) == str(first.pasts.of(TopicPartition("readings.press", 0)).heard())
    second.store(["press-1"] * 2, [600, 610])
    second.sweep()
    assert [silence.name for silence in silences(owner)] == ["press-2", "press-3"]
    Owner(store).sweep()
    assert len(silences(owner)) == 2, "a new owner knows what was said"


def test_a_quiet_weekend_is_known_after_a_restart(store: PostgresReadingStore, owner: Engine) -> None:
    first = Owner(store)
    first.store(["press-1", "press-2"], [0, 5])
    first.sweep()
    first.store(["press-1"], [100_000])  # stored, never swept
    second = Owner(store)
    second.sweep()
    assert silences(owner) == []
    second.store(["press-1"], [100_300])
    second.store(["press-1"], [100_606])
    second.sweep()
    assert [silence.name for silence in silences(owner)] == ["press-2"]


def test_while_we_lag_nobody_is_called_silent(store: PostgresReadingStore, owner: Engine) -> None:
    consumer = Owner(store)
    both_speak_then_one(consumer)
    consumer.ends = {partition: end + 1 for partition, end in consumer.ends.items()}
    consumer.sweep()
    assert silences(owner) == []


def test_a_device_that_moved_to_another_partition_is_not_silent(store: PostgresReadingStore, owner: Engine) -> None:
    consumer = Owner(store, (0, 1))
    consumer.store(["press-1", "press-2"], [0, 5])
    consumer.store(["press-2"], [500], partition=1)
    consumer.sweep()
    consumer.store(["press-1"] * 2, [600, 640])
    consumer.sweep()
    assert silences(owner) == []


def test_a_silence_ends_in_whatever_partition_the_device_speaks(store: PostgresReadingStore, owner: Engine) -> None:
    consumer = Owner(store, (0, 1))
    both_speak_then_one(consumer)
    consumer.sweep()
    consumer.store(["press-2"], [640], partition=1)
    consumer.sweep()
    consumer.store(["press-1"], [700])
    consumer.sweep()
    (silence,) = silences(owner)
    assert silence.closed_time == NOON + timedelta(seconds=640)


def test_a_zombie_opens_nothing(store: PostgresReadingStore, owner: Engine) -> None:
    zombie = Owner(store)
    both_speak_then_one(zombie)
    Owner(store)
    with pytest.raises(Fenced):
        zombie.sweep()
    assert silences(owner) == []


def test_the_alert_can_be_read_and_its_answer_trains_nothing(store: PostgresReadingStore, owner: Engine) -> None:
    with owner.begin() as connection:
        connection.execute(text("INSERT INTO operator (name, role) VALUES ('ann', 'operator')"))
        connection.execute(text("INSERT INTO subscription (operator, channel, address) VALUES (1, 'console', '')"))
        connection.execute(
            text("INSERT INTO inbox (channel, bot, update_id, raw, outcome) VALUES ('shell', '', 1, 'y', 'labelled')")
        )
    consumer = Owner(store)
    both_speak_then_one(consumer)
    consumer.sweep()
    with owner.begin() as connection:
        (row,) = connection.execute(text("SELECT * FROM outbox")).all()
        message = OutboxMessage(1, "console", "", row.kind, row.alert, row.body, None, None, "UTC", 1, False)
        assert ConsoleRenderer("./run")(message).text == (
            "🟠 Medium · Your device press-2 needs attention\n"
            "No reading since 12:00 UTC, 1 Mar, while others went on\n"
            "Machine: press\n"
            "Alert #1 · model v1\n"
            "\n"
            "Is this correct? Answer with: ./run reply 1 y|n"
        )
        add_label(connection, row.alert, NewLabel(1, Verdict.FAULT, "", False, None), 1)
        assert connection.execute(text("SELECT count(*) FROM labelled_reading")).scalar_one() == 0


def test_who_asks_for_silence_again_after_long_does_not_read_all_that_was_stored_in_between(
    store: PostgresReadingStore, owner: Engine
) -> None:
    first = Owner(store)
    first.store(["press-1", "press-2"], [0, 5])
    first.sweep()
    with owner.begin() as connection:
        connection.execute(text("UPDATE ingest_partition SET next_offset = 10000000, first_offset = 9999998"))
    everyone, _ = Owner(store).pasts.of(TopicPartition("readings.press", 0)).heard()
    assert len(everyone.devices) == 0
