"""I9: everything that Kafka holds is dealt with."""

from collections.abc import Mapping

from consumer.lag import LogEnds
from core.ports.stream import TopicPartition
from tests.processes import wait_until
from tests.world import World


class Lag:
    """How far a world is behind its topic."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._ends = LogEnds({"bootstrap.servers": world.servers.kafka_bootstrap_servers})

    def ends(self) -> Mapping[TopicPartition, tuple[int, int]]:
        """(oldest, next) offset of each partition."""
        return self._ends.of([self._world.topic])

    def by_partition(self) -> Mapping[int, int]:
        """Where it is not zero: how many offsets Kafka holds that were not dealt with."""
        query = "SELECT kafka_partition, next_offset FROM ingest_partition"
        done = {row.kafka_partition: row.next_offset for row in self._world.rows(query)}
        behind = {at.partition: high - done.get(at.partition, low) for at, (low, high) in self.ends().items()}
        return {partition: count for partition, count in behind.items() if count}

    def wait_until_none(self, seconds: float = 240) -> None:
        """Wait until everything that Kafka holds is dealt with."""
        try:
            wait_until(lambda: not self.by_partition(), "no lag", seconds, pause=0.25)
        except AssertionError as error:
            raise AssertionError(f"I9: {error}; left, by partition: {self.by_partition()}") from None
