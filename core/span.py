"""Spans: what became of a reading, and how long each part took, from its sender to the person who is told.

Spans of one trace name each other as W3C's Trace Context says, so that those of other systems fit in.
"""

import re
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Literal, NamedTuple, Protocol

HEADER = "traceparent"
"""Of a Kafka message, and of an alert's facts in the outbox."""
CARRIED = "traceparents"
"""Of a digest's facts: that of each alert in it that has one, by the alert's number."""
_FORM = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")
_SAMPLED = 1

Kind = Literal["internal", "producer", "consumer", "client"]


class SpanContext(NamedTuple):
    """The name of a span within its trace."""

    trace: int
    span: int

    @property
    def written(self) -> str:
        """As a header's value."""
        return f"00-{self.trace:032x}-{self.span:016x}-01"


class Span(NamedTuple):
    """A part of the way, done."""

    name: str
    context: SpanContext
    parent: SpanContext | None
    """None: the trace begins here."""
    began: int
    """Nanoseconds since 1970 UTC."""
    ended: int
    attributes: Mapping[str, str | int]
    kind: Kind = "internal"
    links: Sequence[SpanContext] = ()
    """Spans of other traces that belong to it."""


class Way(Protocol):
    """What readings went through, kept until it is known which of them raised an alert."""

    def alerted(self, partition: int, offset: int) -> SpanContext:
        """The reading there raised an alert: its spans are wanted. The context under which the alert goes on."""

    def stored(self) -> None:
        """All of it is committed: the spans of those readings are recorded."""


class BatchWay(Way, Protocol):
    """That of a batch."""

    def stage(self, name: str) -> AbstractContextManager[None]:
        """It goes through this stage now; tried anew, the last time counts."""


def context_of(header: str | bytes | None) -> SpanContext | None:
    """What a `traceparent` names; None where it names nothing, or something that its sender does not record."""
    text = header.decode("ascii", "replace") if isinstance(header, bytes) else header or ""
    found = _FORM.fullmatch(text)
    if found is None or not int(found[3], 16) & _SAMPLED:
        return None
    context = SpanContext(int(found[1], 16), int(found[2], 16))
    return context if all(context) else None
