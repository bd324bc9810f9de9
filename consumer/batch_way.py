"""The way of a batch through the consumer, told as spans of those readings alone that raise an alert.

Nothing is done for a reading that raises none: messages are kept until their batch is stored, and looked at only where
an alert asks for one.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext

import numpy as np

from consumer.fetched import Fetched
from core.batch import Batch
from core.ports.spans import Spans
from core.span import HEADER, BatchWay, Kind, Span, SpanContext, context_of

Follow = Callable[[Fetched], BatchWay]
"""Begins to keep the way of messages that were fetched just now."""
_MS = 1_000_000
_LAST = "store"


def stage(name: str, batches: Sequence[Batch]) -> AbstractContextManager[object]:
    """These batches go through a stage; of those that have no way to tell, nothing is noted."""
    ways = [batch.way for batch in batches if batch.way is not None]
    return _together(name, ways) if ways else nullcontext()


@contextmanager
def _together(name: str, ways: Sequence[BatchWay]) -> Iterator[None]:
    with ExitStack() as all_of_them:
        for way in ways:
            all_of_them.enter_context(way.stage(name))
        yield


class TracedBatch:
    """core.span.BatchWay of messages of one topic, which were fetched just now."""

    def __init__(self, spans: Spans, fetched: Fetched, now: Callable[[], int]) -> None:
        """`now`: nanoseconds since 1970 UTC."""
        self._spans = spans
        self._fetched = fetched
        self._now = now
        self._fetched_at = now()
        self._stages: dict[str, tuple[int, int]] = {}
        self._alerted: dict[tuple[int, int], SpanContext] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """The last time counts."""
        began = self._now()
        yield
        self._stages[name] = began, self._now()

    def alerted(self, partition: int, offset: int) -> SpanContext:
        """The context of the span of its storing: the same however often the transaction is tried."""
        at = partition, offset
        if at not in self._alerted:
            self._alerted[at] = self._spans.named(self._parent(self._row(at)))
        return self._alerted[at]

    def stored(self) -> None:
        """Record fetch, decode, score and store of each reading that raised an alert, each under the one before it."""
        for at, last in self._alerted.items():
            row = self._row(at)
            parent = self._parent(row)
            where: dict[str, str | int] = {
                "messaging.destination.name": self._fetched.topic,
                "messaging.destination.partition.id": str(at[0]),
                "messaging.kafka.offset": at[1],
            }
            stages = {"fetch": (self._published(row), self._fetched_at), **self._stages}
            for name, (began, ended) in stages.items():
                context = last if name == _LAST else self._spans.named(last)
                kind: Kind = "consumer" if name == "fetch" else "internal"
                self._spans.record(Span(name, context, parent, began, ended, where, kind))
                parent = context

    def _row(self, at: tuple[int, int]) -> int:
        here = (self._fetched.partitions == at[0]) & (self._fetched.offsets == at[1])
        return int(np.flatnonzero(here)[0])

    def _parent(self, row: int) -> SpanContext | None:
        """What the sender recorded of it."""
        return context_of(dict(self._fetched.headers(row)).get(HEADER))

    def _published(self, row: int) -> int:
        """When Kafka says that the message was published: from then on it waited in the log."""
        published = int(self._fetched.timestamps[row]) * _MS
        return min(published, self._fetched_at) if published > 0 else self._fetched_at
