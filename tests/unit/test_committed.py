"""What Kafka is told of our progress."""

from typing import cast

from confluent_kafka import Consumer
from confluent_kafka import TopicPartition as KafkaPartition

from consumer.committed import CommittedOffsets
from core.ports.stream import TopicPartition

A, B = TopicPartition("readings.equipment", 0), TopicPartition("readings.equipment", 1)


class Told:
    """A consumer that notes what it is asked to commit."""

    def __init__(self) -> None:
        self.commits: list[dict[tuple[str, int], int]] = []

    def commit(self, *, offsets: list[KafkaPartition], asynchronous: bool) -> None:
        assert asynchronous, "nobody waits for lag tools"
        self.commits.append({(at.topic, at.partition): at.offset for at in offsets})


class Progress:
    """Offsets told on a clock of the test."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.told = Told()
        self.committed = CommittedOffsets(lambda: self.now)

    def tell(self, *ours: TopicPartition) -> list[dict[tuple[str, int], int]]:
        self.committed.tell(cast(Consumer, self.told), set(ours))
        return self.told.commits


def test_the_newest_offset_of_each_partition_is_told_once_a_second() -> None:
    progress = Progress()
    progress.committed.stored({A: 5, B: 7})
    progress.committed.stored({A: 9})
    assert progress.tell(A, B) == [{A: 9, B: 7}]
    progress.committed.stored({A: 12})
    progress.now += 0.5
    assert len(progress.tell(A, B)) == 1, "too soon"
    progress.now += 0.5
    assert progress.tell(A, B)[1:] == [{A: 12}]
    progress.now += 1
    assert len(progress.tell(A, B)) == 2, "no news"


def test_nothing_is_told_of_a_partition_that_was_taken_from_us() -> None:
    progress = Progress()
    progress.committed.stored({A: 5, B: 7})
    assert progress.tell(B) == [{B: 7}]
    progress.committed.stored({A: 6})
    progress.now += 1
    assert progress.tell() == [{B: 7}]
