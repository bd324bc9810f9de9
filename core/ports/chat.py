"""Messages to people and what they reply."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from core.errors import FaultlineError
from core.reply import Reply, ReplyOutcome


class Button(NamedTuple):
    """A button under a message: what it says and the callback data (at most 64 bytes) it sends back."""

    text: str
    data: str


class Rendered(NamedTuple):
    """A message ready to send: HTML text, cut safely, and its buttons in rows."""

    text: str
    buttons: Sequence[Sequence[Button]] = ()
    photo: bytes | None = None
    """A PNG above the text, which has 1024 characters then; it rings nobody."""


class Notifier(Protocol):
    """One channel to people. Raises NotSent, SendUnclear, Undeliverable, ChatMoved or Unauthorised."""

    async def send(self, address: str, message: Rendered, reply_to: str | None = None) -> str:
        """Send and return the channel's reference to the message."""

    async def edit(self, address: str, reference: str, message: Rendered) -> None:
        """Replace a message that was sent; the same edit twice is the same as once."""


@dataclass(frozen=True, slots=True)
class OutboxMessage:
    """A message claimed for sending: what it is about, not its words."""

    id: int
    channel: str
    address: str
    kind: str
    """`alert`, `again` (one that is worse, or that nobody answered), `answered` and `explained` (edits of either),
    `chart` (an alert's picture), `digest` (several alerts in one, or an edit of that), `receipt` (what became of a
    reply), `told` (what it asked for), `unshelved` (an alert that goes on after its device's shelf), `text` (words, in
    the body)."""
    alert: int | None
    body: Mapping[str, object]
    edits: str | None
    """The reference of the message to edit; None: a new message."""
    replies_to: str | None
    """The reference of the message in the chat that this one replies to."""
    zone: str
    """The reader's time zone."""
    tries: int
    """This one included: with the id it names the lease."""
    possible_repeat: bool
    """An earlier try may have arrived."""


class Outbox(Protocol):
    """Messages to send, stored before they are sent. One in flight a chat, oldest first, leases on database time.

    All methods raise Unavailable.
    """

    def claim(self, channels: Sequence[str], worker: str) -> OutboxMessage | None:
        """The next message that may be sent now, leased to this worker; None when there is none."""

    def due(self, channels: Sequence[str]) -> float | None:
        """Seconds until `claim` may find a message; None: none waits."""

    def sent(self, message: OutboxMessage, reference: str) -> None:
        """It arrived, and the channel calls it `reference`."""

    def failed(self, message: OutboxMessage, error: FaultlineError) -> None:
        """It did not, or perhaps not, or never will: NotSent, SendUnclear, Undeliverable, ChatMoved, Unauthorised."""


class Retellings(Protocol):
    """Alerts that people must hear of again: they became worse, or nobody answers."""

    def queue(self) -> int:
        """Put them into the outbox, each once, whoever else looks; how many. Raises Unavailable."""


class Inbox(Protocol):
    """Updates received, each stored before it is acted on. Both methods raise Unavailable."""

    def cursor(self, bot: str) -> int | None:
        """The next update to ask for; None: ask without one."""

    def accept(self, bot: str, reply: Reply) -> ReplyOutcome:
        """Store the update, its meaning (label, edits, receipt) and the cursor at once; a repeat changes nothing."""
