"""The halted partitions that we hold: owned, never read, and asked about until a person has decided."""

import logging
import time
from collections.abc import Iterable, Mapping

from confluent_kafka import TopicPartition as KafkaPartition

from core.errors import Unavailable
from core.halt import Halt
from core.ports.stream import Halts, TopicPartition

_log = logging.getLogger(__name__)

_LOOK_S = 2.0
"""How often the database is asked whether somebody decided; never while nothing is halted."""


class HaltedPartitions:
    """Fetching thread only."""

    def __init__(self, halts: Halts) -> None:
        self._halts = halts
        self.held: set[TopicPartition] = set()
        self._told: dict[TopicPartition, Halt] = {}
        self._look_at = 0.0

    def hold(self, halted: Mapping[TopicPartition, Halt]) -> None:
        """These are ours and must not be read; each halt is an error in the log, once."""
        self.held.update(halted)
        for partition, halt in halted.items():
            if self._told.get(partition) != halt:
                self._told[partition] = halt
                name = f"{partition.topic} {partition.partition}"
                _log.error("%s is halted: %s; decide with: ./run partitions resolve %s", name, halt.reason, name)

    def forget(self, partitions: Iterable[TopicPartition]) -> None:
        """These are not ours any more, or are read again."""
        self.held.difference_update(partitions)

    def paused(self, partitions: Iterable[KafkaPartition]) -> list[KafkaPartition]:
        """Those of our partitions that stay paused."""
        return [at for at in partitions if TopicPartition(at.topic, at.partition) in self.held]

    def readable(self, partitions: Iterable[KafkaPartition]) -> list[KafkaPartition]:
        """Those of our partitions that may be read."""
        return [at for at in partitions if TopicPartition(at.topic, at.partition) not in self.held]

    def is_any_decided(self) -> bool:
        """Whether a person let one of them go on; asks the database now and then."""
        if not self.held or time.monotonic() < self._look_at:
            return False
        self._look_at = time.monotonic() + _LOOK_S
        try:
            decided = self.held.difference(self._halts.among(self.held))
        except Unavailable as error:
            _log.warning("whether halted partitions may go on is not known: %s", error)
            return False
        for partition in decided:
            self._told.pop(partition, None)  # should it halt again, that is news
        return bool(decided)
