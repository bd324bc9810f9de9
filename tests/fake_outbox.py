"""core.ports.chat.Outbox in memory; its contract suite is tests/contract/test_outbox.py."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from core.delivery import after_failure
from core.digest import Grouping, why_digest
from core.errors import ChatMoved, FaultlineError, NotSent, SendUnclear, Undeliverable
from core.ports.chat import OutboxMessage

LEASE_S = 60.0
QUIET_S = 3.0


@dataclass
class Entry:
    """A row of the outbox."""

    id: int
    channel: str
    address: str
    kind: str = "receipt"
    alert: int | None = None
    body: Mapping[str, Any] = field(default_factory=dict)
    edits: int | None = None
    carried_by: int | None = None
    place: int = 0
    state: str = "pending"
    tries: int = 0
    unclear: int = 0
    not_before: float = 0.0
    lease_until: float = 0.0
    reference: str | None = None
    moot: bool = False
    """What it is about is over or answered."""
    created_at: float = 0.0
    sent_at: float = 0.0


class FakeOutbox:
    """Rows in a list, and a clock that tests move."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.now = 1000.0
        self._next_at: dict[tuple[str, str], float] = {}

    def put(self, address: str, channel: str = "telegram", **fields: Any) -> int:
        """A message to send; its id."""
        self.entries.append(Entry(len(self.entries) + 1, channel, address, created_at=self.now, **fields))
        return len(self.entries)

    def claim(self, channels: Sequence[str], worker: str) -> OutboxMessage | None:
        for leased in self.entries:
            if leased.state == "sending" and leased.lease_until < self.now:
                self._settle(leased, SendUnclear("lease expired"))
        while entry := self._next(channels):
            edited = self._edited(entry)
            if edited is not None and edited.state == "dead":
                self._settle(entry, Undeliverable("never delivered"))
                continue
            if entry.kind == "again" and entry.moot:
                for one in self.entries:
                    one.state = "withheld" if entry.id in (one.id, one.edits) else one.state
                continue
            if entry.kind in ("explained", "chart") and self._put_off(entry):
                continue
            self._pace(entry)
            entry = self._gathered(entry)
            entry.state, entry.tries, entry.lease_until = "sending", entry.tries + 1, self.now + LEASE_S
            return _message(entry, edited)
        return None

    def due(self, channels: Sequence[str]) -> float | None:
        times = [self._due_at(head) for head in self._heads(channels)]
        return max(0.0, min(times) - self.now) if times else None

    def sent(self, message: OutboxMessage, reference: str) -> None:
        entry = self._entry(message.id)
        if entry.tries == message.tries and entry.state in ("sending", "uncertain"):
            entry.state, entry.reference, entry.sent_at = "sent", reference, self.now
            self._pace_chat(entry)

    def failed(self, message: OutboxMessage, error: FaultlineError) -> None:
        entry = self._entry(message.id)
        if entry.tries == message.tries and entry.state == "sending":
            self._settle(entry, error)
            self._pace_chat(entry)

    def _entry(self, number: int) -> Entry:
        return self.entries[number - 1]

    def _edited(self, entry: Entry) -> Entry | None:
        edited = None if entry.edits is None else self._entry(entry.edits)
        return self._entry(edited.carried_by) if edited and edited.carried_by else edited

    def _gathered(self, head: Entry) -> Entry:
        waiting = [
            entry
            for entry in self.entries
            if (entry.channel, entry.address) == (head.channel, head.address)
            and entry.kind in ("alert", "again")
            and (entry.state, entry.unclear) == ("pending", 0)
        ]
        is_flood = why_digest(len(waiting), self.now - head.created_at) is not Grouping.NONE
        if head.channel == "console" or head.unclear or (head.kind != "digest" and not (head in waiting and is_flood)):
            return head
        digest = head if head.kind == "digest" else self._entry(self.put(head.address, head.channel, kind="digest"))
        digest.place = digest.place or head.id
        for entry in waiting:
            entry.state, entry.carried_by = "carried", digest.id
        return digest

    def _put_off(self, details: Entry) -> bool:
        """Until no alert has come to its chat for a while."""
        where = (details.channel, details.address)
        alerts = [one for one in self.entries if one.kind in ("alert", "again", "digest")]
        quiet_at = max((one.sent_at for one in alerts if (one.channel, one.address) == where), default=0.0) + QUIET_S
        details.not_before = max(details.not_before, quiet_at)
        return quiet_at > self.now

    def _next(self, channels: Sequence[str]) -> Entry | None:
        for head in sorted(self._heads(channels), key=lambda entry: entry.place or entry.id):
            edited = self._edited(head)
            is_editable = edited is None or edited.state in ("sent", "dead")
            if head.state != "sending" and self._due_at(head) <= self.now and is_editable:
                return head
        return None

    def _heads(self, channels: Sequence[str]) -> Sequence[Entry]:
        heads: dict[tuple[str, str], Entry] = {}
        for entry in sorted(self.entries, key=lambda entry: (entry.state != "sending", entry.place or entry.id)):
            if entry.channel in channels and entry.state in ("pending", "uncertain", "sending"):
                heads.setdefault((entry.channel, entry.address), entry)
        return list(heads.values())

    def _due_at(self, entry: Entry) -> float:
        if entry.state == "sending":
            return entry.lease_until
        paced = (self._next_at.get((entry.channel, address), 0.0) for address in (entry.address, ""))
        return max(entry.not_before, *paced)

    def _pace(self, entry: Entry) -> None:
        if entry.channel == "telegram":
            self._next_at[entry.channel, ""] = self.now + 1 / 30
            self._pace_chat(entry)

    def _pace_chat(self, entry: Entry) -> None:
        if entry.channel == "telegram":
            self._next_at[entry.channel, entry.address] = self.now + (3.0 if entry.address.startswith("-") else 1.0)

    def _settle(self, entry: Entry, error: FaultlineError) -> None:
        then = after_failure(error, entry.tries, entry.unclear)
        entry.state, entry.unclear, entry.not_before = then.state, then.unclear, self.now + then.wait_s
        if isinstance(error, NotSent) and error.retry_after > 0:
            self._next_at[entry.channel, entry.address] = self.now + error.retry_after
        if isinstance(error, ChatMoved):
            for other in self.entries:
                if other.address == entry.address and other.state in ("pending", "uncertain") and other is not entry:
                    other.address = error.chat
            entry.address = error.chat


def _message(entry: Entry, edited: Entry | None) -> OutboxMessage:
    return OutboxMessage(
        id=entry.id,
        channel=entry.channel,
        address=entry.address,
        kind="digest" if edited and edited.kind == "digest" else entry.kind,
        alert=entry.alert,
        body=entry.body,
        edits=edited.reference if edited and entry.kind != "chart" else None,
        replies_to=edited.reference if edited and entry.kind == "chart" else entry.body.get("replies_to"),
        zone="UTC",
        tries=entry.tries,
        possible_repeat=entry.unclear > 0,
    )
