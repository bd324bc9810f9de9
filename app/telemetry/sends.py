"""The last span of an alerted reading: its message to a person."""

from collections.abc import Callable, Sequence

from core.errors import FaultlineError
from core.ports.chat import Outbox, OutboxMessage
from core.ports.spans import Spans
from core.span import HEADER, Span, context_of


class TracedOutbox:
    """The outbox, and a span for each try to send an alert whose reading has spans: core.ports.chat.Outbox."""

    def __init__(self, outbox: Outbox, spans: Spans, now: Callable[[], int]) -> None:
        """`now`: nanoseconds since 1970 UTC."""
        self._outbox = outbox
        self._spans = spans
        self._now = now
        self._claimed: dict[int, int] = {}

    def claim(self, channels: Sequence[str], worker: str) -> OutboxMessage | None:
        """The next message that may be sent now. Raises Unavailable."""
        message = self._outbox.claim(channels, worker)
        if message is not None and message.kind == "alert" and HEADER in message.body:
            self._claimed[message.id] = self._now()
        return message

    def due(self, channels: Sequence[str]) -> float | None:
        """Seconds until `claim` may find a message. Raises Unavailable."""
        return self._outbox.due(channels)

    def sent(self, message: OutboxMessage, reference: str) -> None:
        """It arrived. Raises Unavailable."""
        self._tell(message, "sent")
        self._outbox.sent(message, reference)

    def failed(self, message: OutboxMessage, error: FaultlineError) -> None:
        """It did not, or perhaps not, or never will. Raises Unavailable."""
        self._tell(message, type(error).__name__)
        self._outbox.failed(message, error)

    def _tell(self, message: OutboxMessage, outcome: str) -> None:
        claimed = self._claimed.pop(message.id, None)
        parent = context_of(str(message.body.get(HEADER)))
        if claimed is None or parent is None:
            return
        facts: dict[str, str | int] = {"channel": message.channel, "alert": message.alert or 0, "outcome": outcome}
        self._spans.record(Span("send", self._spans.named(parent), parent, claimed, self._now(), facts, "client"))
