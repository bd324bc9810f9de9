"""What a process does with halted partitions: says it once, and asks until somebody decided."""

import logging
from collections.abc import Collection

import pytest
from confluent_kafka import TopicPartition as KafkaPartition

from consumer.halted import HaltedPartitions
from core.errors import Unavailable
from core.halt import Halt, HaltKind
from core.ports.stream import TopicPartition

HERE, THERE = TopicPartition("readings.press", 0), TopicPartition("readings.press", 1)
REMADE = Halt(HaltKind.TOPIC_ID_CHANGED, "topic id changed")


class Decisions:
    """core.ports.stream.Halts: what the database says."""

    def __init__(self) -> None:
        self.halted: set[TopicPartition] = {HERE, THERE}
        self.asked = 0
        self.away = False

    def among(self, partitions: Collection[TopicPartition]) -> Collection[TopicPartition]:
        self.asked += 1
        if self.away:
            raise Unavailable("away")
        return self.halted.intersection(partitions)


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("consumer.halted._LOOK_S", 0.0)


def test_the_log_names_each_halt_once_with_the_command_that_ends_it(caplog: pytest.LogCaptureFixture) -> None:
    held = HaltedPartitions(Decisions())
    for _ in range(3):
        held.hold({HERE: REMADE})
        held.forget([HERE])
    errors = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
    assert len(errors) == 1
    assert "./run partitions resolve readings.press 0" in errors[0]


def test_a_halted_partition_is_paused_and_the_others_are_read() -> None:
    held = HaltedPartitions(Decisions())
    held.hold({HERE: REMADE})
    ours = [KafkaPartition(*HERE), KafkaPartition(*THERE)]
    assert [at.partition for at in held.paused(ours)] == [0]
    assert [at.partition for at in held.readable(ours)] == [1]


def test_the_database_is_asked_only_while_something_is_halted() -> None:
    decisions = Decisions()
    held = HaltedPartitions(decisions)
    assert not held.is_any_decided()
    assert decisions.asked == 0


def test_a_decision_is_noticed_and_a_database_that_is_away_is_none() -> None:
    decisions = Decisions()
    held = HaltedPartitions(decisions)
    held.hold({HERE: REMADE, THERE: REMADE})
    assert not held.is_any_decided()
    decisions.away = True
    assert not held.is_any_decided()
    decisions.away, decisions.halted = False, {HERE}
    assert held.is_any_decided()


def test_a_partition_that_halts_again_after_a_decision_is_named_again(caplog: pytest.LogCaptureFixture) -> None:
    decisions = Decisions()
    held = HaltedPartitions(decisions)
    held.hold({HERE: REMADE})
    decisions.halted = set()
    assert held.is_any_decided()
    held.hold({HERE: REMADE})
    assert len([record for record in caplog.records if record.levelno == logging.ERROR]) == 2
