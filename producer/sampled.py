"""Messages of which one in so many begins a trace."""

from collections.abc import Callable, Iterable, Iterator

from core.ports.spans import Spans
from core.span import HEADER, Span
from producer.messages import Messages


def sampled(batches: Iterable[Messages], every: int, spans: Spans, now: Callable[[], int]) -> Iterator[Messages]:
    """The same messages; one in `every` carries a `traceparent`, and its hand-over to Kafka's client is recorded.

    `now`: nanoseconds since 1970 UTC. The others are not touched: a header that most do not have costs nothing.
    """
    to_come = 0
    for messages in batches:
        count = len(messages.keys)
        if to_come >= count:
            to_come -= count
            yield messages
            continue
        headers = list(messages.headers)
        contexts = [spans.named(None) for _ in range(to_come, count, every)]
        for row, context in zip(range(to_come, count, every), contexts, strict=True):
            headers[row] = [*headers[row], (HEADER, context.written.encode())]
        to_come = (to_come - count) % every
        began = now()
        yield messages._replace(headers=headers)
        ended, topic = now(), {"messaging.destination.name": messages.topic}
        for context in contexts:
            spans.record(Span("publish", context, None, began, ended, topic, "producer"))
