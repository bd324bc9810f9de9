"""Messages through the real decoder, the real main loop and a real store; only Kafka is played."""

import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from consumer.batch_way import Follow
from consumer.decode import Decoder
from consumer.duplicates import WINDOW, RecentIds
from consumer.handover import Assigned, Ended, Handover, Work
from core.batch import Batch
from core.machine import Machine
from core.ports.stream import LogBounds, ReadingStore, TopicPartition
from tests.builders import NOON, fetched
from tests.scripted_loop import PlayedSource, a_loop


class Ingest:
    """One partition of a machine's topic. Each `take` is a consumer of its own, which takes the partition over."""

    def __init__(self, store: ReadingStore, machine: Machine) -> None:
        self._store = store
        self._machine = machine
        self._here = TopicPartition(machine.topics[0], 0)

    def take(
        self,
        values: Sequence[bytes | None],
        key: bytes | None = b"press-1",
        produced: datetime = NOON,
        follow: Follow | None = None,
    ) -> Batch:
        """Take messages that stand next in the log; the batch as it was decoded."""
        (claim,), _ = self._store.acquire(self._machine.name, {self._here: LogBounds("id", 0, 10**9)})
        recent = self._store.recent(self._here, WINDOW)
        messages = fetched(values, claim.next_offset, self._here.topic, key=key, produced=produced)
        ids = {self._here: RecentIds(recent.ids)}
        batch = Decoder(self._machine).decode(messages, {self._here: claim.next_offset}, ids)
        batch = replace(batch, way=follow(messages)) if follow else batch
        assigned = Assigned(0, self._machine.name, [claim], {self._here: recent})
        handover = Handover()
        source = PlayedSource(handover, [assigned, Work(0, [batch]), Ended()])
        a_loop(self._machine, self._store, handover, source, threading.Event()).run()
        assert source.told == {self._here: claim.next_offset + len(values)}
        return batch
