"""What a dispatcher tells: what became of each message that it tried."""

from collections.abc import Iterable, Sequence

from prometheus_client import CollectorRegistry

from app.telemetry.families import counter
from app.telemetry.names import SENDS
from core.errors import ChatMoved, FaultlineError, NotSent, SendUnclear, Unauthorised, Undeliverable
from core.ports.chat import Outbox, OutboxMessage

_SENT = "sent"
_OUTCOMES = {
    NotSent: "not_sent",
    SendUnclear: "unclear",
    Undeliverable: "dead",
    ChatMoved: "moved",
    Unauthorised: "unauthorised",
}


class MeteredOutbox:
    """The outbox, and a count of what is said to it: core.ports.chat.Outbox."""

    def __init__(self, outbox: Outbox, registry: CollectorRegistry, channels: Iterable[str]) -> None:
        """All counts of these channels begin at 0, so that a first increase is one."""
        self._outbox = outbox
        self._sends = counter(SENDS, registry)
        for channel in channels:
            for outcome in (_SENT, *_OUTCOMES.values()):
                self._sends.labels(channel, outcome)

    def claim(self, channels: Sequence[str], worker: str) -> OutboxMessage | None:
        """The next message that may be sent now. Raises Unavailable."""
        return self._outbox.claim(channels, worker)

    def due(self, channels: Sequence[str]) -> float | None:
        """Seconds until `claim` may find a message. Raises Unavailable."""
        return self._outbox.due(channels)

    def sent(self, message: OutboxMessage, reference: str) -> None:
        """It arrived. Raises Unavailable."""
        self._outbox.sent(message, reference)
        self._sends.labels(message.channel, _SENT).inc()

    def failed(self, message: OutboxMessage, error: FaultlineError) -> None:
        """It did not, or perhaps not, or never will. Raises Unavailable."""
        self._outbox.failed(message, error)
        self._sends.labels(message.channel, _OUTCOMES.get(type(error), "not_sent")).inc()
