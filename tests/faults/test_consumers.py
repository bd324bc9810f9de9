"""Consumers that die, freeze, come, go and stop: nothing is lost, nothing doubled, every conclusion right."""

import signal

import pytest

from tests.faults.catalogue import EVERYTHING, survives
from tests.faults.rig import QUICK, Rig, said

pytestmark = [pytest.mark.faults, pytest.mark.timeout(900)]

ROUNDS = 10
ONE_OWNER = "SELECT count(DISTINCT owner) = 1 FROM ingest_partition"
TWO_OWNERS = "SELECT count(DISTINCT owner) = 2 FROM ingest_partition"
# As another owner would, who locks partitions in the order in which all do.
_TAKE_OVER = """
    WITH all_of_them AS (SELECT topic, kafka_partition FROM ingest_partition ORDER BY 1, 2 FOR UPDATE)
    UPDATE ingest_partition p SET owner_epoch = p.owner_epoch + 1
      FROM all_of_them a WHERE (p.topic, p.kafka_partition) = (a.topic, a.kafka_partition)"""


@survives("kill -9 mid-transaction", "kill -9 after COMMIT", checks=EVERYTHING)
def test_ten_kills_of_the_consumer_lose_and_double_nothing(rig: Rig) -> None:
    with rig.load() as load:
        for _ in range(ROUNDS):
            consumer = rig.consumer(**QUICK)
            rig.wait_for_progress()
            rig.wait_until(lambda: rig.progress() < load.published, "it is in the middle of its work")
            consumer.kill()
    rig.consumer(**QUICK)
    rig.survived(load.published)
    assert rig.world.one("SELECT min(owner_epoch) FROM ingest_partition") > ROUNDS / 2


@survives("many rebalances under load", checks=EVERYTHING)
def test_consumers_that_come_and_go_ten_times_lose_and_double_nothing(rig: Rig) -> None:
    with rig.load() as load:
        steady = rig.consumer(**QUICK)
        rig.wait_for_progress()
        for round_ in range(ROUNDS):
            guest = rig.consumer(**QUICK)
            rig.wait_for(TWO_OWNERS, "both own a partition")
            if round_ % 2:
                guest.kill()
            else:
                assert guest.stop() == 0
            rig.wait_for(ONE_OWNER, "the steady one owns all again")
        assert steady.running
    rig.survived(load.published)


@survives("SIGTERM under load", checks=EVERYTHING)
def test_sigterm_under_load_ends_gracefully(rig: Rig) -> None:
    with rig.load() as load:
        consumer = rig.consumer(**QUICK)
        rig.wait_for_progress()
        assert consumer.stop(seconds=10) == 0
        left_at = rig.progress()
        load.go_on()
        assert rig.progress() == left_at < load.published, "the rest waits for another one"
    rig.consumer(**QUICK)
    rig.survived(load.published)


@survives("many rebalances under load", checks=EVERYTHING)
def test_a_fenced_consumer_asks_the_group_again_and_goes_on(rig: Rig) -> None:
    with rig.load() as load:
        consumer = rig.consumer(**QUICK)
        rig.wait_for_progress()
        for _ in range(3):
            rig.execute(_TAKE_OVER)
            rig.wait_for_progress(1000)
    rig.survived(load.published)
    assert said(consumer, "fenced") >= 3


@survives("SIGSTOP past the session timeout, then SIGCONT", checks=EVERYTHING)
def test_a_consumer_that_was_frozen_writes_nothing_as_a_zombie(rig: Rig) -> None:
    with rig.load() as load:
        frozen = rig.consumer(**QUICK)
        rig.wait_for_progress()
        frozen.signal(signal.SIGSTOP)
        rig.consumer(**QUICK)
        rig.wait_for("SELECT count(DISTINCT owner) = 1 AND min(owner_epoch) > 1 FROM ingest_partition", "taken over")
        frozen.signal(signal.SIGCONT)
        rig.wait_for(TWO_OWNERS, "both own a partition")
        load.go_on()
    rig.survived(load.published)


@survives("many rebalances under load", checks=EVERYTHING)
def test_a_partition_that_comes_while_the_database_is_slow_loses_nothing(rig: Rig) -> None:
    with rig.load() as load:
        steady = rig.consumer(**QUICK)
        rig.wait_for_progress()
        guest = rig.consumer(**QUICK)
        rig.wait_for(TWO_OWNERS, "both own a partition")
        theirs = f"%:{guest.pid}"
        # The steady one's writer waits here, and its fetching thread idles.
        with rig.holding("SELECT FROM ingest_partition WHERE owner NOT LIKE :theirs FOR UPDATE", theirs=theirs):
            rig.wait_for("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)", "the writer waits")
            assert guest.stop() == 0
            rig.wait_for("SELECT bool_and(owner NOT LIKE :theirs) FROM ingest_partition", "taken over", theirs=theirs)
        rig.wait_for_progress()
        assert steady.running
    rig.survived(load.published)


POLL_INTERVAL = {"KAFKA_SESSION_TIMEOUT_MS": "6000", "KAFKA_MAX_POLL_INTERVAL_MS": "6000"}
"""Short, and long enough for a machine that is busy elsewhere for a while."""


@survives("processing longer than the poll interval", checks=EVERYTHING)
def test_a_batch_that_takes_longer_than_the_poll_interval_costs_no_partition(rig: Rig) -> None:
    with rig.load(1000) as load:
        consumer = rig.consumer(**POLL_INTERVAL)
        rig.wait_for_progress()
        with rig.holding("LOCK TABLE reading IN EXCLUSIVE MODE"):
            before = rig.progress()
            load.go_on(13_000)  # more than two poll intervals
            assert rig.progress() == before
        rig.wait_for_progress(13_000)
    rig.survived(load.published)
    assert rig.world.one("SELECT max(owner_epoch) FROM ingest_partition") == 1, "polled meanwhile, it kept them"
    assert consumer.running


@survives("processing longer than the poll interval", checks=EVERYTHING)
def test_a_takeover_that_takes_longer_than_the_poll_interval_is_made_at_last(rig: Rig) -> None:
    with rig.load(1000) as load:
        first = rig.consumer(**QUICK)
        rig.wait_for_progress()
        assert first.stop() == 0
        with rig.holding("SELECT FROM ingest_partition FOR UPDATE"):
            consumer = rig.consumer(**POLL_INTERVAL)
            rig.wait_until_said(consumer, "lock timeout")  # after ten seconds: longer than the poll interval
            assert said(consumer, "assigned:") == 0
        rig.wait_for_progress(1000)
        load.go_on()
    rig.survived(load.published)
