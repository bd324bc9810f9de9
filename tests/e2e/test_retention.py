"""Old days are dropped under a real consumer that goes on storing new ones."""

from sqlalchemy import text

from tests.load import Load
from tests.processes import wait_until
from tests.world import World, assert_invariants


def test_a_day_is_dropped_under_load_and_ingest_never_waits(trained: World) -> None:
    consumer = trained.start("consumer")
    with Load(trained, rate=2000) as running:
        trained.wait_for("SELECT sum(stored) > 2000 FROM ingest_partition", "some readings are stored")
        with trained.owner.begin() as connection:
            connection.execute(text("SELECT ensure_reading_day('2020-01-01')"))
            old = connection.execute(text("UPDATE reading SET day = '2020-01-01' WHERE kafka_offset < 500")).rowcount
        with trained.owner.connect() as reader:
            reader.execute(text("SELECT count(*) FROM reading"))  # in use until this session ends
            retention = trained.start("retention", "--days", "30")
            trained.wait_for(_WAITS, "the day waits for its reader")
            # Few enough to be stored long before the day gives up waiting, after ten seconds.
            trained.wait_for(_STORED, "ingest goes on", more=stored(trained) + 1000)
            assert trained.one(_WAITS)
            assert retention.running
        wait_until(lambda: not retention.running, "the day is dropped")
    assert retention.tail() == f"dropped 2020-01-01: {old:,} readings"
    trained.wait_until_read(running.published)
    assert stored(trained) == running.published
    assert trained.one("SELECT count(*) FROM reading") == running.published - old
    assert_invariants(trained)
    assert consumer.stop() == 0


def stored(world: World) -> int:
    return int(world.one("SELECT sum(stored) FROM ingest_partition"))


_STORED = "SELECT sum(stored) >= :more FROM ingest_partition"
_WAITS = """
    SELECT EXISTS (SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%DETACH PARTITION%'
                      AND datname = current_database() AND pid <> pg_backend_pid())"""
