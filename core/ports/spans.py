"""Where spans go."""

from typing import Protocol

from core.span import Span, SpanContext


class Spans(Protocol):
    """Names spans and keeps them until they are fetched away; what is too much is dropped, and nobody waits."""

    def named(self, parent: SpanContext | None) -> SpanContext:
        """The name of a new span under this parent; None: of a new trace."""

    def record(self, span: Span) -> None:
        """It is done."""
