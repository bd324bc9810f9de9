"""core.ports.spans.Spans in memory, whose names count up."""

from itertools import count

from core.span import Span, SpanContext


class FakeSpans:
    """Keeps what is recorded."""

    def __init__(self) -> None:
        self.recorded: list[Span] = []
        self._numbers = count(1)

    def named(self, parent: SpanContext | None) -> SpanContext:
        """The next number."""
        number = next(self._numbers)
        return SpanContext(parent.trace if parent else number, number)

    def record(self, span: Span) -> None:
        """It is done."""
        self.recorded.append(span)
