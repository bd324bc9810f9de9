"""The way of an alert that no reading raised: the look that found the silence, as the first span of its trace."""

from collections.abc import Callable

from core.ports.spans import Spans
from core.span import Span, SpanContext


class TracedLook:
    """core.span.Way of a look at one partition for devices that fell silent, which begins now."""

    def __init__(self, spans: Spans, topic: str, now: Callable[[], int]) -> None:
        """`now`: nanoseconds since 1970 UTC."""
        self._spans = spans
        self._topic = topic
        self._now = now
        self._began = now()
        self._alerted: dict[tuple[int, int], SpanContext] = {}

    def alerted(self, partition: int, offset: int) -> SpanContext:
        """Of a device whose last reading stands there: the context of the look, in a trace that begins with it."""
        return self._alerted.setdefault((partition, offset), self._spans.named(None))

    def stored(self) -> None:
        """Record it once for each device that fell silent."""
        ended = self._now()
        for (partition, offset), context in self._alerted.items():
            where: dict[str, str | int] = {
                "messaging.destination.name": self._topic,
                "messaging.destination.partition.id": str(partition),
                "messaging.kafka.offset": offset,
            }
            self._spans.record(Span("silence", context, None, self._began, ended, where))
