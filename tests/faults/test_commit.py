"""A batch's transaction, cut in every place: before COMMIT, at COMMIT, after COMMIT."""

import signal

import pytest

from tests.faults.catalogue import EVERYTHING, survives
from tests.faults.rig import QUICK, Rig, said
from tests.processes import PATIENCE_S

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]

COMMIT = b"COMMIT\0"
A_BATCH = b"COPY reading"
"""What a connection sends in the transaction of a batch, and in no other."""
WRITTEN_AND_WAITING = """
    SELECT EXISTS (SELECT FROM pg_stat_activity WHERE application_name = 'faultline consumer'
                      AND wait_event_type = 'Lock' AND backend_xid IS NOT NULL)"""


@survives("kill -9 mid-transaction", checks=EVERYTHING)
def test_a_consumer_killed_between_its_readings_and_its_alerts_leaves_neither(rig: Rig) -> None:
    with rig.load() as load:
        consumer = rig.consumer(**QUICK)
        rig.wait_for_progress()
        with rig.holding("LOCK TABLE alert IN SHARE ROW EXCLUSIVE MODE"):
            rig.wait_for(WRITTEN_AND_WAITING, "readings written, the alert waits for the lock")
            before = rig.progress()
            consumer.kill()
        assert rig.progress() == before, "what the killed one had written is gone"
        rig.consumer(**QUICK)
        rig.wait_for_progress()
        load.go_on()
    rig.survived(load.published)


@survives("kill -9 after COMMIT", checks=EVERYTHING)
def test_a_consumer_killed_between_commit_and_its_answer_doubles_nothing(rig: Rig) -> None:
    network = rig.proxy("postgres")
    with rig.load() as load:
        consumer = rig.consumer(**QUICK)
        rig.wait_for_progress()
        withheld = network.withhold_answer(COMMIT, after=A_BATCH)
        assert withheld.answered.wait(PATIENCE_S), "Postgres committed, and the consumer does not know"
        consumer.kill()
        rig.consumer(**QUICK)
        rig.wait_for_progress()
        load.go_on()
    rig.survived(load.published)


@survives("the COMMIT's answer lost", checks=EVERYTHING)
def test_a_commit_whose_answer_is_lost_is_looked_up_and_not_repeated(rig: Rig) -> None:
    network = rig.proxy("postgres")
    with rig.load() as load:
        consumer = rig.consumer()
        rig.wait_for_progress()
        for round_ in range(1, 4):
            withheld = network.withhold_answer(COMMIT, after=A_BATCH)
            assert withheld.answered.wait(PATIENCE_S), "Postgres committed, and the consumer does not know"
            assert network.reset() >= 1
            rig.wait_until_said(consumer, "the database says that it was committed", round_)
            rig.wait_for_progress()
        load.go_on()
    rig.survived(load.published)
    assert said(consumer, "fenced") == 0


@survives("the COMMIT's answer lost", checks=EVERYTHING)
def test_a_commit_that_never_arrived_is_made_again(rig: Rig) -> None:
    network = rig.proxy("postgres")
    with rig.load() as load:
        consumer = rig.consumer()
        rig.wait_for_progress()
        for round_ in range(1, 4):
            lost = network.lose(COMMIT, after=A_BATCH)
            assert lost.asked.wait(PATIENCE_S), "the consumer asked to commit, and Postgres never heard"
            assert network.reset() >= 1
            rig.wait_until_said(consumer, "did not commit", round_)
            rig.wait_for_progress()
        load.go_on()
    rig.survived(load.published)


@survives("SIGSTOP past the session timeout, then SIGCONT", checks=EVERYTHING)
def test_a_consumer_frozen_in_the_middle_of_its_copy_keeps_no_row_from_its_successor(rig: Rig) -> None:
    network = rig.proxy("postgres")
    with rig.load(1000) as load:
        frozen = rig.consumer(**QUICK)
        rig.wait_for_progress()
        lost = network.lose(b"PGCOPY", after=A_BATCH)
        assert lost.asked.wait(PATIENCE_S), "a COPY has begun, and its rows never come"
        frozen.signal(signal.SIGSTOP)
        rig.wait_for(WAITS_FOR_ROWS, "Postgres waits for the frozen one's rows")
        successor = rig.consumer(**QUICK)
        theirs = "SELECT bool_and(owner LIKE :successor) FROM ingest_partition"
        rig.wait_for(theirs, "taken over", successor=f"%:{successor.pid}")
        rig.wait_for_progress(1000)
        frozen.signal(signal.SIGCONT)
        rig.wait_for("SELECT count(DISTINCT owner) = 2 FROM ingest_partition", "both own a partition")
        load.go_on()
    rig.survived(load.published)
    assert said(successor, "froze while it wrote") >= 1


WAITS_FOR_ROWS = """
    SELECT EXISTS (SELECT FROM pg_stat_activity WHERE application_name = 'faultline consumer' AND state = 'active'
                      AND wait_event = 'ClientRead' AND backend_xid IS NOT NULL)"""
