"""A consumer that gets no partitions says so."""

import pytest

from consumer.group_wait import GroupWait


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def said(caplog: pytest.LogCaptureFixture, wait: GroupWait, clock: Clock, seconds: int) -> list[str]:
    """What is said while so many seconds pass."""
    caplog.clear()
    for _ in range(seconds):
        clock.now += 1
        wait.look()
    return [record.getMessage() for record in caplog.records]


def test_a_long_wait_is_said_twice_a_minute_with_its_limit(caplog: pytest.LogCaptureFixture) -> None:
    clock = Clock()
    wait = GroupWait(90.0, clock)
    wait.began()
    assert said(caplog, wait, clock, 29) == []
    first, second = said(caplog, wait, clock, 31)
    assert first.startswith("no partition was given to us for 30 s")
    assert first.endswith("90 s at most (KAFKA_MAX_POLL_INTERVAL_MS)")
    assert "for 60 s" in second


def test_nothing_is_said_once_the_group_has_answered_and_the_next_wait_counts_anew(
    caplog: pytest.LogCaptureFixture,
) -> None:
    clock = Clock()
    wait = GroupWait(90.0, clock)
    assert said(caplog, wait, clock, 100) == [], "nobody waits yet"
    wait.began()
    said(caplog, wait, clock, 20)
    wait.over()
    assert said(caplog, wait, clock, 100) == []
    wait.began()
    assert said(caplog, wait, clock, 29) == []
    assert len(said(caplog, wait, clock, 1)) == 1


def test_a_group_that_outwaits_every_member_is_joined_anew(caplog: pytest.LogCaptureFixture) -> None:
    clock = Clock()
    wait = GroupWait(90.0, clock)
    assert not wait.is_too_long(), "nobody waits yet"
    wait.began()
    clock.now += 99
    assert not wait.is_too_long()
    clock.now += 1
    assert wait.is_too_long()
    assert "for 100 s: leaving the group, and joining it anew" in caplog.text
    wait.began()
    assert not wait.is_too_long()
