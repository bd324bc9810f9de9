"""One suite for the store in memory and for the store on Postgres."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from sqlalchemy import Engine, text

from core.batch import Batch, DeadLetter, PartitionRun, Position, Quality
from core.errors import Fenced
from core.halt import Halt, HaltKind
from core.incident import HEALTHY, judge
from core.ports.stream import Claim, LogBounds, ReadingStore, TopicPartition
from db.engine import connect
from db.reading_store import PostgresReadingStore
from tests.builders import NOON, HotIsFaulty, a_batch, a_machine
from tests.fake_reading_store import FakeReadingStore

HERE = TopicPartition("readings.press", 0)
LOG = LogBounds("topic-a", 0, 1000)
MODEL = HotIsFaulty()


@pytest.fixture(params=["fake", "postgres"])
def store(request: pytest.FixtureRequest) -> Iterator[ReadingStore]:
    if request.param == "fake":
        yield FakeReadingStore()
        return
    engine = connect(request.getfixturevalue("database_url"), "consumer")
    real = PostgresReadingStore(engine, "test", lambda: NOON)
    real.register(a_machine())
    yield real
    engine.dispose()


def claim(store: ReadingStore, bounds: LogBounds = LOG) -> Claim:
    (got,) = store.acquire("press", {HERE: bounds}).claims
    return got


def halt(store: ReadingStore, bounds: LogBounds) -> Halt:
    claims, halted = store.acquire("press", {HERE: bounds})
    assert claims == []
    return halted[HERE]


def write(store: ReadingStore, claim: Claim, batch: Batch) -> None:
    known = store.devices("press", sorted(set(batch.devices)))
    numbers = np.array([known[name].id for name in batch.devices], dtype=np.int64)
    predictions = MODEL.predict(batch.sensors)
    states = {device.id: device.state for device in known.values()}
    judgement = judge(batch, numbers, predictions, states, a_machine().incident)
    with store.begin([claim]) as tx:
        tx.save(batch, numbers, predictions)
        tx.incidents(batch, judgement, MODEL)


def hot(count: int, first_offset: int = 0) -> Batch:
    return a_batch(count, first_offset=first_offset, sensors=[[95.0, 3.0]] * count)


def test_a_new_partition_begins_at_the_oldest_reading(store: ReadingStore) -> None:
    assert claim(store, LogBounds("topic-a", 17, 1000)).next_offset == 17


def test_what_is_stored_moves_the_partition_on(store: ReadingStore) -> None:
    write(store, claim(store), a_batch(3))
    assert claim(store).next_offset == 3


def test_a_new_owner_fences_the_old_one_and_nothing_of_it_stays(store: ReadingStore) -> None:
    zombie = claim(store)
    owner = claim(store)
    with pytest.raises(Fenced):
        write(store, zombie, hot(3))
    assert store.recent(HERE, 10).ids == []
    assert claim(store).next_offset == owner.next_offset == 0
    assert store.devices("press", ["press-1"])["press-1"].state == HEALTHY


def test_a_batch_cannot_be_stored_twice(store: ReadingStore) -> None:
    mine, batch = claim(store), a_batch(3)
    write(store, mine, batch)
    with pytest.raises(Fenced):
        write(store, mine, batch)
    assert len(store.recent(HERE, 10).ids) == 3


def test_a_batch_cannot_be_stored_twice_under_a_claim_that_moved_on(store: ReadingStore) -> None:
    mine, batch = claim(store), a_batch(3)
    write(store, mine, batch)
    with pytest.raises(Fenced):
        write(store, replace(mine, next_offset=3), batch)


def test_what_was_packed_ahead_is_stored_as_what_was_not(store: ReadingStore) -> None:
    mine, batch, later = claim(store), hot(3), hot(3, first_offset=3)
    write(store, mine, batch)
    numbers = np.array([store.devices("press", ["press-1"])["press-1"].id] * 3)
    predictions = MODEL.predict(later.sensors)
    packed = store.pack(later, numbers, predictions)
    with store.begin([replace(mine, next_offset=3)]) as tx:
        tx.save(later, numbers, predictions, packed)
    stored = store.recent(HERE, 6)
    assert stored.ids == [row.tobytes() for row in [*later.ids[::-1], *batch.ids[::-1]]]
    assert stored.sensors.tolist() == [[95.0, 3.0]] * 6


def test_what_the_shadow_says_is_no_part_of_what_is_alerted(store: ReadingStore) -> None:
    mine, batch = claim(store), a_batch(3)
    numbers = np.array([store.devices("press", ["press-1"])["press-1"].id] * 3)
    loud = HotIsFaulty(2, threshold=0.1).predict(batch.sensors)
    predictions = replace(MODEL.predict(batch.sensors), shadow=loud)
    for packed in (store.pack(batch, numbers, predictions), None):
        judgement = judge(batch, numbers, predictions, {}, a_machine().incident)
        with store.begin([mine]) as tx:
            tx.save(batch, numbers, predictions, packed)
            tx.incidents(batch, judgement, MODEL)
        mine = replace(mine, next_offset=mine.next_offset + 3)
        batch = a_batch(3, first_offset=3)
    assert store.devices("press", ["press-1"])["press-1"].state == HEALTHY
    assert len(store.recent(HERE, 10).ids) == 6


def test_a_failure_in_the_middle_leaves_nothing(store: ReadingStore) -> None:
    mine, batch = claim(store), a_batch(3)
    numbers = np.array([store.devices("press", ["press-1"])["press-1"].id] * 3)

    def fail_midway() -> None:
        with store.begin([mine]) as tx:
            tx.save(batch, numbers, MODEL.predict(batch.sensors))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_midway()
    assert store.recent(HERE, 10).ids == []
    write(store, mine, batch)


def test_the_newest_ids_come_first(store: ReadingStore) -> None:
    batch = a_batch(5)
    write(store, claim(store), batch)
    assert store.recent(HERE, 2).ids == [batch.ids[4].tobytes(), batch.ids[3].tobytes()]


def test_the_newest_readings_come_with_their_devices_names(store: ReadingStore) -> None:
    batch = a_batch(3, devices=["press-2", "press-1", "press-2"])
    write(store, claim(store), batch)
    recent = store.recent(HERE, 2)
    assert [recent.names[device] for device in recent.devices.tolist()] == ["press-2", "press-1"]
    assert len(store.recent(HERE, 1).names) == 1


def test_the_newest_readings_come_back_as_they_were_stored(store: ReadingStore) -> None:
    batch = a_batch(3, devices=["press-1", "press-2", "press-1"], sensors=[[70.1, 3.0], [1e-300, np.nan], [70.1, 5.5]])
    write(store, claim(store), replace(batch, quality=np.array([0, Quality.STUCK, Quality.LATE], dtype=np.int16)))
    recent = store.recent(HERE, 2)
    numbers = {name: device.id for name, device in store.devices("press", ["press-1", "press-2"]).items()}
    assert recent.devices.tolist() == [numbers["press-1"], numbers["press-2"]]
    assert str(recent.sensors.tolist()) == "[[70.1, 5.5], [1e-300, nan]]"
    assert recent.quality.tolist() == [Quality.LATE, Quality.STUCK]


def test_a_reading_from_the_future_does_not_move_the_watermark(store: ReadingStore) -> None:
    mine = claim(store)
    assert store.recent(HERE, 10).watermark is None
    batch = a_batch(3)
    write(store, mine, replace(batch, quality=np.array([0, 0, Quality.FUTURE], dtype=np.int16)))
    assert store.recent(HERE, 10).watermark == batch.times[1]
    ahead = a_batch(1, first_offset=3)
    write(store, replace(mine, next_offset=3), replace(ahead, quality=np.array([Quality.FUTURE], dtype=np.int16)))
    assert store.recent(HERE, 10).watermark == batch.times[1]


def test_a_device_keeps_its_number_and_its_state(store: ReadingStore) -> None:
    write(store, claim(store), hot(2))
    first = store.devices("press", ["press-1"])["press-1"]
    again = store.devices("press", ["press-2", "press-1"])["press-1"]
    assert again == first
    assert first.state.open
    assert first.state.faults == 2
    assert first.state.since is not None
    assert first.state.since.offset == 0


def test_a_healthy_device_leaves_nothing_behind(store: ReadingStore) -> None:
    mine = claim(store)
    write(store, mine, hot(2))
    write(store, replace(mine, next_offset=2), a_batch(3, first_offset=2))
    assert store.devices("press", ["press-1"])["press-1"].state == HEALTHY


def test_a_topic_made_anew_halts(store: ReadingStore) -> None:
    claim(store)
    assert halt(store, LogBounds("topic-b", 0, 1000)).kind == HaltKind.TOPIC_ID_CHANGED


def test_an_offset_past_the_end_of_the_log_halts(store: ReadingStore) -> None:
    write(store, claim(store), a_batch(3))
    assert halt(store, LogBounds("topic-a", 0, 2)).kind == HaltKind.PAST_THE_END


def test_a_halted_partition_stays_halted_whatever_kafka_says_later(store: ReadingStore) -> None:
    write(store, claim(store), a_batch(3))
    found = halt(store, LogBounds("topic-a", 0, 2))
    assert halt(store, LOG) == found
    assert halt(store, LogBounds("topic-b", 0, 1000)) == found


def test_a_halt_fences_whoever_still_writes(store: ReadingStore) -> None:
    zombie = claim(store)
    halt(store, LogBounds("topic-b", 0, 1000))
    with pytest.raises(Fenced):
        write(store, zombie, a_batch(3))


def test_the_other_partitions_go_on(store: ReadingStore) -> None:
    there = TopicPartition(HERE.topic, 1)
    store.acquire("press", {HERE: LOG, there: LOG})
    claims, halted = store.acquire("press", {HERE: LogBounds("topic-b", 0, 1000), there: LOG})
    assert [one.partition for one in claims] == [there]
    assert list(halted) == [HERE]


def test_readings_without_order_halt_until_the_configuration_is_mended(store: ReadingStore) -> None:
    assert halt(store, LogBounds("topic-a", 0, 1000, ordered=False)).kind == HaltKind.NO_ORDER
    assert claim(store).next_offset == 0


def test_what_retention_removed_is_a_gap_and_the_rest_goes_on(store: ReadingStore) -> None:
    write(store, claim(store), a_batch(3))
    assert claim(store, LogBounds("topic-a", 10, 1000)).next_offset == 10


def test_a_batch_of_dead_letters_alone_moves_the_partition_on(store: ReadingStore) -> None:
    letter = DeadLetter(Position(*HERE, 0), "decode", "no \0 JSON", b"\0", b"\xff\0", [("truth", None)])
    nothing = replace(a_batch(0), runs=[PartitionRun(0, slice(0, 0), 1, (), 1, 0)], dead_letters=[letter])
    write(store, claim(store), nothing)
    assert claim(store).next_offset == 1


def test_a_run_that_halts_is_stored_up_to_there_with_its_halt(store: ReadingStore) -> None:
    why = Halt(HaltKind.DEAD_LETTERS, "too many")
    batch = a_batch(3)
    stopped = replace(batch, runs=[replace(batch.runs[0], outcomes=b"\x01", halt=why)])
    write(store, claim(store), stopped)
    assert len(store.recent(HERE, 10).ids) == 3
    assert halt(store, LOG) == why


def test_what_the_limit_remembers_goes_with_the_claim(store: ReadingStore) -> None:
    batch = a_batch(3)
    write(store, claim(store), replace(batch, runs=[replace(batch.runs[0], outcomes=b"\x01\x80")]))
    assert claim(store).outcomes == b"\x01\x80"


def test_every_position_is_accounted_for(owner: Engine, database_url: str) -> None:
    engine = connect(database_url, "consumer")
    store = PostgresReadingStore(engine, "test", lambda: NOON)
    store.register(a_machine())
    letter = DeadLetter(Position(*HERE, 9), "decode", "bad", None, b"bad", ())
    runs = [PartitionRun(0, slice(0, 3), 10, [(3, 5)], 1, 1)]
    write(store, claim(store), replace(a_batch(3), runs=runs, dead_letters=[letter]))
    with owner.connect() as connection:
        row = connection.execute(text("SELECT * FROM ingest_partition")).one()
        assert connection.execute(text("SELECT first_offset, count FROM offset_gap")).all() == [(3, 5)]
        assert connection.execute(text("SELECT kafka_offset, value::text FROM dead_letter")).all() == [(9, r"\x626164")]
    assert row.stored + row.dead_letters + row.duplicates + row.gaps == row.next_offset - row.first_offset == 10
    engine.dispose()
