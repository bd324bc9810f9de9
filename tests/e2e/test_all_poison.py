"""A source that sends nothing but poison: its partition stops at the limit, the others go on."""

import json

from core.dead_letter_limit import DeadLetterLimit
from tests.builders import a_reading, encoded
from tests.faults.catalogue import survives
from tests.processes import wait_until
from tests.world import World, assert_invariants

LIMIT = DeadLetterLimit().run
POISON = (b"pump-1", b'{"temperature": 7')


def good() -> tuple[bytes, bytes]:
    return b"pump-1", encoded(a_reading("pump-1", temperature=70.0, vibration=1.5, humidity=50.0))


@survives("all poison", checks="I1 I2")
def test_all_poison_halts_at_the_limit_and_goes_on_once_somebody_decided(trained: World) -> None:
    trained.run("operators", "add", "anna", "--console", "--role", "engineer")
    consumer = trained.start("consumer")
    trained.publish_raw([good() for _ in range(50)], partition=0)
    trained.publish_raw([POISON] * (3 * LIMIT + 10), partition=0)
    trained.wait_for("SELECT bool_or(halt = 'dead letters') FROM ingest_partition", "the halt")

    trained.publish_raw([good() for _ in range(500)], partition=1)
    trained.wait_for("SELECT stored = 500 FROM ingest_partition WHERE kafka_partition = 1", "the other one goes on")
    (poisoned,) = trained.rows("SELECT * FROM ingest_partition WHERE kafka_partition = 0")
    assert (poisoned.stored, poisoned.dead_letters, poisoned.next_offset) == (50, LIMIT, 50 + LIMIT)
    (words,) = trained.rows("SELECT body ->> 'text' AS text FROM outbox WHERE kind = 'text'")
    assert f"{LIMIT} messages in a row became dead letters" in words.text
    assert_invariants(trained)

    decide(trained, "continue")
    behind = "SELECT next_offset = :next AND halt IS NOT NULL FROM ingest_partition WHERE kafka_partition = 0"
    trained.wait_for(behind, "it stops at the limit again", next=50 + 2 * LIMIT)
    decide(trained, "accept", "--count", str(LIMIT))
    trained.publish_raw([good() for _ in range(20)], partition=0)
    trained.wait_for("SELECT stored = 70 FROM ingest_partition WHERE kafka_partition = 0", "the good ones behind it")
    wait_until(lambda: all(one["lag"] == 0 for one in partitions(trained)), "nothing is left to read")
    assert trained.one("SELECT count(*) FROM dead_letter") == 3 * LIMIT + 10
    assert trained.one("SELECT bool_and(halt IS NULL) FROM ingest_partition")
    assert_invariants(trained)
    assert consumer.running


def test_what_is_skipped_is_a_recorded_gap(trained: World) -> None:
    trained.start("consumer")
    trained.publish_raw([POISON] * (LIMIT + 1000), partition=0)
    trained.publish_raw([good()], partition=0)
    trained.wait_for("SELECT bool_or(halt IS NOT NULL) FROM ingest_partition", "the halt")
    decide(trained, "skip", "--count", "1000")
    trained.wait_for("SELECT sum(stored) = 1 FROM ingest_partition", "the good one behind it")
    assert [tuple(row) for row in trained.rows("SELECT first_offset, count FROM offset_gap")] == [(LIMIT, 1000)]
    assert_invariants(trained)


def decide(world: World, action: str, *more: str) -> None:
    world.run("partitions", "resolve", world.topic, "0", "--action", action, "--reason", "known", *more)


def partitions(world: World) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(world.run("partitions", "--json").stdout)["partitions"]
    return found
