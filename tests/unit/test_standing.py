"""Which partitions go on, and which do not."""

import pytest

from consumer.standing import STALLED_S, Standings
from core.ports.stream import TopicPartition
from tests.clock import Clock

HERE, THERE = TopicPartition("readings.press", 0), TopicPartition("readings.press", 1)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def standings(clock: Clock) -> Standings:
    """Ours is one partition, taken over at offset 100."""
    made = Standings(clock)
    made.stored({HERE: 100})
    return made


def test_lag_is_what_the_log_holds_and_the_database_does_not(standings: Standings) -> None:
    standings.look({HERE: 120}, {HERE: 150}, ())
    assert standings.partitions[HERE].lag == 50
    standings.stored({HERE: 150})
    standings.look({HERE: 150}, {HERE: 150}, ())
    assert standings.partitions[HERE].lag == 0


def test_a_partition_is_stalled_once_nothing_of_what_was_read_is_stored_for_a_minute(
    standings: Standings, clock: Clock
) -> None:
    standings.look({HERE: 120, THERE: 7}, {HERE: 120, THERE: 7}, ())
    clock.now += STALLED_S
    standings.look({HERE: 120, THERE: 7}, {HERE: 120, THERE: 7}, ())
    assert not standings.trouble()
    clock.now += 1
    standings.look({HERE: 120, THERE: 7}, {HERE: 120, THERE: 7}, ())
    assert standings.stalled() == [HERE]
    assert standings.trouble() == "messages wait, and none was stored for 60 s: readings.press 0"
    standings.stored({HERE: 101})
    standings.look({HERE: 120, THERE: 7}, {HERE: 120, THERE: 7}, ())
    assert not standings.trouble(), "it goes on"


def test_a_partition_of_which_nothing_is_read_though_messages_wait_is_stalled_too(
    standings: Standings, clock: Clock
) -> None:
    for _ in range(3):
        standings.look({HERE: 100}, {HERE: 200}, ())
        clock.now += STALLED_S / 2 + 1
    standings.look({HERE: 100}, {HERE: 200}, ())
    assert standings.stalled() == [HERE]


def test_one_that_is_behind_all_the_time_and_goes_on_is_not_stalled(standings: Standings, clock: Clock) -> None:
    for offset in range(100, 110):
        standings.stored({HERE: offset})
        standings.look({HERE: offset + 5000}, {HERE: 1_000_000}, ())
        clock.now += STALLED_S - 1
        assert not standings.stalled()


def test_markers_of_transactions_at_the_end_of_a_quiet_log_stall_nothing(standings: Standings, clock: Clock) -> None:
    for _ in range(5):
        standings.look({HERE: 100}, {HERE: 103}, ())
        clock.now += STALLED_S - 1
    assert not standings.stalled()
    assert standings.partitions[HERE].lag == 3


def test_one_that_was_taken_over_further_on_is_not_behind(standings: Standings, clock: Clock) -> None:
    standings.look({}, {}, ())
    standings.stored({HERE: 900})  # another consumer had it meanwhile
    for _ in range(3):
        standings.look({HERE: 900}, {HERE: 900}, ())
        clock.now += STALLED_S - 1
    assert not standings.trouble()


def test_a_halted_partition_is_named_with_the_command_that_decides(standings: Standings) -> None:
    standings.look({HERE: 100}, {}, {THERE})
    assert standings.trouble() == "halted: readings.press 1; decide with: ./run partitions resolve"


def test_a_thread_that_looks_no_more_is_a_trouble_itself(standings: Standings, clock: Clock) -> None:
    assert not standings.trouble(), "it has not begun"
    standings.look({HERE: 100}, {}, ())
    clock.now += STALLED_S + 5
    assert standings.trouble() == "the thread that reads Kafka has not come round for 65 s"
