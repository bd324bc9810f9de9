"""Messages as Kafka gave them, as columns."""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, Protocol

Headers = Sequence[tuple[str, bytes | None]]


class GoodMessage(Protocol):
    """A Kafka message that carries no error, and so has a position."""

    def topic(self) -> str:
        """Its topic."""

    def partition(self) -> int:
        """Its partition."""

    def offset(self) -> int:
        """Its offset."""

    def key(self) -> bytes | None:
        """Its key."""

    def value(self) -> bytes | None:
        """Its value; None for a tombstone."""

    def headers(self) -> Headers | None:
        """Its headers."""


class Fetched(NamedTuple):
    """Messages of one topic, ordered by partition, then offset."""

    topic: str
    partitions: Sequence[int]
    offsets: Sequence[int]
    keys: Sequence[bytes | None]
    values: Sequence[bytes | None]
    headers: Callable[[int], Headers]
    """The headers of a row; asked for only where a message becomes a dead letter."""


def by_topic(messages: Iterable[GoodMessage]) -> list[Fetched]:
    """The messages sorted by topic and partition; within a partition they keep the log's order."""
    groups: dict[tuple[str, int], list[GoodMessage]] = {}
    for message in messages:
        groups.setdefault((message.topic(), message.partition()), []).append(message)
    topics: dict[str, list[GoodMessage]] = {}
    for (topic, _), group in sorted(groups.items(), key=lambda item: item[0]):
        topics.setdefault(topic, []).extend(group)
    return [_columns(topic, ordered) for topic, ordered in topics.items()]


def _columns(topic: str, messages: Sequence[GoodMessage]) -> Fetched:
    return Fetched(
        topic,
        [message.partition() for message in messages],
        [message.offset() for message in messages],
        [message.key() for message in messages],
        [message.value() for message in messages],
        lambda row: messages[row].headers() or (),
    )
