"""kill -9 and rebalances under load: nothing is lost, nothing is doubled, and every conclusion is right."""

import signal
import threading
from datetime import timedelta

import pytest
from sqlalchemy import text

from tests.builders import NOON, a_reading
from tests.processes import wait_until
from tests.recompute import assert_derived_state
from tests.world import World, assert_invariants

ROUNDS = 10
_QUICK = {"KAFKA_SESSION_TIMEOUT_MS": "1500"}


class Load:
    """Readings of 40 devices, thousands a second: each device overheats for 20 readings in 100."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._publish)
        self.published = 0

    def _publish(self) -> None:
        with self._world.publishing() as publish:
            while not self._stop.wait(0.1):
                for number in range(self.published, self.published + 500):
                    publish(_reading(number))
                self.published += 500

    def __enter__(self) -> "Load":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()


def _reading(number: int) -> dict[str, object]:
    device, tick = number % 40, number // 40
    hot = (tick + 3 * device) % 100 < 20
    return a_reading(
        f"device-{device:02}",
        NOON + timedelta(seconds=tick),
        temperature=160.0 if hot else 65.0 + device / 10,
        vibration=9.0 if hot else 1.5,
        humidity=50.0,
        pressure=35.0,
    )


def read_so_far(world: World) -> int:
    return int(world.one("SELECT coalesce(sum(next_offset - first_offset), 0) FROM ingest_partition"))


def drain_and_check(world: World, published: int) -> None:
    world.wait_until_read(published, seconds=90)
    threshold = world.one("SELECT threshold FROM model_version")
    assert world.one("SELECT count(*) FROM reading") == published
    assert_invariants(world)
    assert_derived_state(world, threshold)
    assert world.one("SELECT count(*) FROM incident") >= 10, "the load had incidents to get wrong"


@pytest.mark.timeout(240)
def test_ten_kills_of_the_consumer_lose_and_double_nothing(trained: World) -> None:
    behind_when_killed = 0
    with Load(trained) as running:
        for _ in range(ROUNDS):
            before = read_so_far(trained)
            consumer = trained.start("consumer", **_QUICK)
            trained.wait_for(
                "SELECT coalesce(sum(next_offset - first_offset), 0) > :before FROM ingest_partition",
                "progress",
                before=before,
            )
            behind_when_killed += read_so_far(trained) < running.published
            consumer.kill()
    trained.start("consumer", **_QUICK)
    drain_and_check(trained, running.published)
    assert behind_when_killed >= ROUNDS // 2, "most kills came in the middle of work"
    assert trained.one("SELECT min(owner_epoch) FROM ingest_partition") > ROUNDS / 2


@pytest.mark.timeout(240)
def test_consumers_that_come_and_go_ten_times_lose_and_double_nothing(trained: World) -> None:
    with Load(trained) as running:
        steady = trained.start("consumer", **_QUICK)
        wait_until(lambda: read_so_far(trained) > 0, "the first readings stored")
        for round_ in range(ROUNDS):
            guest = trained.start("consumer", **_QUICK)
            owners = "SELECT count(DISTINCT owner) = 2 FROM ingest_partition"
            trained.wait_for(owners, "both own a partition")
            if round_ % 2:
                guest.kill()
            else:
                assert guest.stop() == 0
            trained.wait_for("SELECT count(DISTINCT owner) = 1 FROM ingest_partition", "the steady one owns all again")
        assert steady.running
    drain_and_check(trained, running.published)


def test_sigterm_under_load_ends_gracefully(trained: World) -> None:
    with Load(trained) as running:
        consumer = trained.start("consumer", **_QUICK)
        wait_until(lambda: read_so_far(trained) > 0, "the first readings stored")
        assert consumer.stop(seconds=10) == 0
        assert read_so_far(trained) < running.published
    trained.start("consumer", **_QUICK)
    drain_and_check(trained, running.published)


def test_a_fenced_consumer_asks_the_group_again_and_goes_on(trained: World) -> None:
    with Load(trained) as running:
        consumer = trained.start("consumer", **_QUICK)
        wait_until(lambda: read_so_far(trained) > 0, "the first readings stored")
        for _ in range(3):
            with trained.owner.begin() as connection:  # as another owner would
                connection.execute(text("UPDATE ingest_partition SET owner_epoch = owner_epoch + 1"))
            trained.wait_for(
                "SELECT sum(next_offset - first_offset) > :before FROM ingest_partition",
                "going on",
                before=read_so_far(trained) + 1000,
            )
        assert consumer.running
    drain_and_check(trained, running.published)
    assert consumer.tail(1000).count("fenced") >= 3


def test_a_consumer_that_was_frozen_writes_nothing_as_a_zombie(trained: World) -> None:
    with Load(trained) as running:
        frozen = trained.start("consumer", **_QUICK)
        wait_until(lambda: read_so_far(trained) > 0, "the first readings stored")
        frozen.signal(signal.SIGSTOP)
        trained.start("consumer", **_QUICK)
        trained.wait_for(
            "SELECT count(DISTINCT owner) = 1 AND min(owner_epoch) > 1 FROM ingest_partition", "taken over"
        )
        frozen.signal(signal.SIGCONT)
        trained.wait_for("SELECT count(DISTINCT owner) = 2 FROM ingest_partition", "both own a partition")
    drain_and_check(trained, running.published)


def test_a_partition_that_comes_while_the_database_is_slow_loses_nothing(trained: World) -> None:
    with Load(trained) as running:
        steady = trained.start("consumer", **_QUICK)
        wait_until(lambda: read_so_far(trained) > 0, "the first readings stored")
        guest = trained.start("consumer", **_QUICK)
        trained.wait_for("SELECT count(DISTINCT owner) = 2 FROM ingest_partition", "both own a partition")
        theirs = f"%:{guest.pid}"
        with trained.owner.begin() as lock:  # the steady one's writer waits here, and its fetching thread idles
            lock.execute(
                text("SELECT FROM ingest_partition WHERE owner NOT LIKE :theirs FOR UPDATE"), {"theirs": theirs}
            )
            trained.wait_for("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)", "the writer waits")
            assert guest.stop() == 0
            before = read_so_far(trained)
            trained.wait_for(
                "SELECT bool_and(owner NOT LIKE :theirs) FROM ingest_partition", "taken over", theirs=theirs
            )
        trained.wait_for(
            "SELECT sum(next_offset - first_offset) > :before FROM ingest_partition", "going on", before=before
        )
        assert steady.running
    drain_and_check(trained, running.published)
