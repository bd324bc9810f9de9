"""The last span of an alerted reading: its message to a person, or the digest that tells of it among others."""

from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from typing import cast

from core.errors import FaultlineError
from core.ports.chat import Outbox, OutboxMessage
from core.ports.spans import Spans
from core.span import CARRIED, HEADER, Span, SpanContext, context_of

_MOST_LINKS = 128
"""Of one span, as OpenTelemetry limits it by default."""


class TracedOutbox:
    """The outbox, and a span for each try to send an alert whose reading has spans: core.ports.chat.Outbox.

    A try to send a digest is a span in the trace of each of its alerts, linked to one that begins a trace of its own
    and links back to them.
    """

    def __init__(self, outbox: Outbox, spans: Spans, now: Callable[[], int]) -> None:
        """`now`: nanoseconds since 1970 UTC."""
        self._outbox = outbox
        self._spans = spans
        self._now = now
        self._claimed: dict[int, int] = {}
        """When, by message."""

    def claim(self, channels: Sequence[str], worker: str) -> OutboxMessage | None:
        """The next message that may be sent now. Raises Unavailable."""
        message = self._outbox.claim(channels, worker)
        if message is not None and _parents(message):
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
        if claimed is None:
            return
        parents, now = _parents(message), self._now()
        facts: dict[str, str | int] = {"channel": message.channel, "outcome": outcome}
        links: Sequence[SpanContext] = ()
        if message.kind == "digest":
            digest = self._spans.named(None)
            about = {**facts, "alerts": len(parents)}
            carried = tuple(islice(parents.values(), _MOST_LINKS))
            self._spans.record(Span("digest", digest, None, claimed, now, about, "client", carried))
            links = (digest,)
        for alert, parent in parents.items():
            about = {**facts, "alert": alert}
            self._spans.record(Span("send", self._spans.named(parent), parent, claimed, now, about, "client", links))


def _parents(message: OutboxMessage) -> Mapping[int, SpanContext]:
    """The spans that the alerts in it go on from, by alert; none of an edit, which is no news."""
    headers: Mapping[str, object] = {}
    if message.kind == "alert":
        headers = {str(message.alert or 0): message.body.get(HEADER)}
    elif message.kind == "digest" and message.edits is None:
        headers = cast("Mapping[str, object]", message.body.get(CARRIED, {}))
    contexts = {int(alert): context_of(str(header)) for alert, header in headers.items()}
    return {alert: context for alert, context in contexts.items() if context is not None}
