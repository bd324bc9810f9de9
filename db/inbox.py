"""Updates received, each stored before it is acted on: core.ports.chat.Inbox on Postgres."""

from collections.abc import Mapping

import msgspec
from sqlalchemy import Connection, Engine, text

from core.reply import Outcome, Reply, ReplyOutcome
from core.reply_rules import outcome_of
from db.answerable import Sender
from db.device_command import status_asked
from db.failures import failures_named
from db.judging import facts_of, judge, look_up
from db.labels import said_of
from db.told import told

_DISPUTABLE = (Outcome.LABELLED, Outcome.OVERRULED, Outcome.UNDONE)


class PostgresInbox:
    """The update, the label, the edits, the receipt and the cursor: one transaction."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def cursor(self, bot: str) -> int | None:
        """The next update to ask for; None where the last one is so old that Telegram numbers from a new start."""
        with failures_named(), self._engine.connect() as connection:
            number: int | None = connection.execute(text(_CURSOR), {"bot": bot}).scalar_one_or_none()
        return number

    def accept(self, bot: str, reply: Reply) -> ReplyOutcome:
        """Store the update, its meaning (label, edits, receipt) and the cursor at once; a repeat changes nothing."""
        with failures_named(), self._engine.begin() as connection:
            expected = connection.execute(text(_LOCK_CURSOR), {"bot": bot}).scalar_one()
            number = expected if reply.update_id is None else reply.update_id
            if connection.execute(text(_TAKEN), {"bot": bot, "number": number}).scalar_one():
                return ReplyOutcome(Outcome.REPLAYED, {"outcome": Outcome.REPLAYED.value})
            connection.execute(text(_MOVE_CURSOR), {"bot": bot, "next": number + 1})
            return _take(connection, bot, number, reply)


def _take(connection: Connection, bot: str, number: int, reply: Reply) -> ReplyOutcome:
    """Decide on a new reply and store what follows."""
    known = look_up(connection, reply)
    if known.sender is not None and (asked := status_asked(connection, reply, known.sender)) is not reply:
        reply = asked
        known = look_up(connection, reply)
    outcome = outcome_of(reply, known.circumstances)
    arguments = {"channel": reply.channel, "bot": bot, "number": number, "raw": reply.raw, "sender": reply.sender}
    inbox: int = connection.execute(text(_INSERT), {**arguments, "outcome": outcome.value}).scalar_one()
    facts = facts_of(connection, reply, known, outcome)
    label = judge(connection, reply, known, outcome, inbox)
    if known.act is not None:
        facts["label"] = label
    elif outcome in _DISPUTABLE and known.alerts:
        facts["said"] = said_of(connection, known.alerts[0])
    if outcome.is_suspicious:
        _audit(connection, reply, inbox, outcome)
    if outcome is Outcome.TOLD and reply.asked and known.sender:
        facts |= told(connection, reply.asked, known.sender, reply.chat)
    if reply.reference is not None and outcome is not Outcome.IGNORED:
        _queue_receipt(connection, reply, known.sender, facts)
    return ReplyOutcome(outcome, facts, label)


def _audit(connection: Connection, reply: Reply, inbox: int, outcome: Outcome) -> None:
    detail = {"inbox": inbox, "chat": reply.chat, "refusal": reply.refusal}
    connection.execute(
        text(_AUDIT),
        {
            "actor": f"{reply.channel}:{reply.sender}",
            "action": f"reply {outcome.value}",
            "detail": msgspec.json.encode(detail).decode(),
        },
    )


def _queue_receipt(connection: Connection, reply: Reply, sender: Sender | None, facts: dict[str, object]) -> None:
    kind, told_facts = _as_message(facts)
    arguments = {
        "channel": reply.channel,
        "chat": reply.chat,
        "zone": sender.zone if sender else "UTC",
        "kind": kind,
        "alert": facts.get("alert"),
        "body": msgspec.json.encode({**told_facts, "replies_to": reply.reference}).decode(),
    }
    connection.execute(text(_RECEIPT), arguments)
    connection.execute(text("SELECT pg_notify('outbox', '')"))


def _as_message(facts: Mapping[str, object]) -> tuple[str, Mapping[str, object]]:
    """The kind of the answer and what it tells."""
    shown = facts.get("shown")
    if isinstance(shown, Mapping):
        return "shown", shown
    return "told" if "command" in facts else "receipt", facts


# Telegram numbers updates from a random start after a week without one.
_CURSOR = "SELECT next_update_id FROM bot_cursor WHERE bot = :bot AND updated_at > now() - interval '7 days'"
_LOCK_CURSOR = """
    WITH first AS (INSERT INTO bot_cursor (bot, next_update_id, updated_at) VALUES (:bot, 1, '-infinity')
                   ON CONFLICT (bot) DO UPDATE SET next_update_id = bot_cursor.next_update_id
                   RETURNING next_update_id)
    SELECT next_update_id FROM first"""
_TAKEN = "SELECT EXISTS (SELECT FROM inbox WHERE bot = :bot AND update_id = :number)"
_MOVE_CURSOR = "UPDATE bot_cursor SET next_update_id = :next, updated_at = now() WHERE bot = :bot"
_INSERT = """
    INSERT INTO inbox (channel, bot, update_id, raw, sender, outcome)
    VALUES (:channel, :bot, :number, :raw, :sender, :outcome) RETURNING id"""
_AUDIT = "INSERT INTO audit (actor, action, detail) VALUES (:actor, :action, CAST(:detail AS jsonb))"
# Somebody who writes without end fills no queue: beyond a few waiting receipts there are none.
_RECEIPT = """
    INSERT INTO outbox (channel, address, zone, kind, alert, body)
    SELECT :channel, :chat, :zone, :kind, :alert, CAST(:body AS jsonb)
     WHERE (SELECT count(*) FROM outbox
             WHERE channel = :channel AND address = :chat AND kind IN ('receipt', 'told', 'shown')
               AND state IN ('pending', 'uncertain', 'sending')) < 5"""
