"""`/retrain`: an engineer asks for a new model in a chat, as `./run retrain` does, and is told there how it ended."""

from collections.abc import Mapping
from functools import partial

import msgspec
from sqlalchemy import Connection, text

from core.reply import Outcome, Reply
from core.retraining import MOST_WAITING, Asked
from core.training_options import read_options
from db.act import Act
from db.answerable import Sender


def retrain(connection: Connection, reply: Reply, sender: Sender) -> Act:
    """A durable request, where the sender is an engineer who follows the machine."""
    assert reply.asked is not None, "only a command retrains"
    name, options = read_options(reply.asked.argument)
    known = connection.execute(text(_FOLLOWED), {"operator": sender.id}).mappings().all()
    machine = next((row for row in known if row["name"] == name), None)
    facts = {"command": reply.asked.command.value, "by": sender.name, "argument": reply.asked.argument}
    if sender.role != "engineer":
        came_to = Asked.NOT_AN_ENGINEER
    elif machine is None:
        came_to = Asked.WHICH_MACHINE
    elif options is None:
        came_to = Asked.HOW
    elif too_many(connection, machine["id"]):
        came_to = Asked.TOO_MANY
    else:
        request = {"machine": machine["id"], "by": sender.name, "channel": reply.channel, "chat": reply.chat}
        request |= {"zone": sender.zone, "reference": reply.reference}
        request["options"] = msgspec.json.encode(options).decode()
        said = {"asked": Asked.REQUESTED.value, "machine": name, "dry_run": options.dry_run}
        return Act(Outcome.DONE, {**facts, "retraining": said}, partial(_write, connection, request))
    names = [row["name"] for row in known]
    said = {"asked": came_to.value, "machine": name, "machines": names}
    return Act(Outcome.ASKED_BACK, {**facts, "retraining": said})


def too_many(connection: Connection, machine: int) -> bool:
    """Whether as many requests of the machine wait for a trainer as may."""
    return int(connection.execute(text(_WAITING), {"machine": machine}).scalar_one()) >= MOST_WAITING


def tell(connection: Connection, request: int) -> None:
    """Tell the chat that asked how the request ended; nothing where it was asked elsewhere."""
    row = connection.execute(text(_ENDED), {"request": request}).mappings().one()
    if row["channel"] is None:
        return
    ended = {"machine": row["machine"], "state": row["state"], "version": row["result"].get("version")}
    ended |= {"reason": row["result"].get("reason", ""), "how": row["result"].get("how", "")}
    ended["report"] = row["result"].get("report")
    body = {"command": "retrain", "by": row["asked_by"], "ended": ended, "replies_to": row["reference"]}
    connection.execute(text(_TELL), {"request": request, "body": msgspec.json.encode(body).decode()})
    connection.execute(text("SELECT pg_notify('outbox', '')"))


def _write(connection: Connection, request: Mapping[str, object], inbox: int) -> None:
    connection.execute(text(_ASK), {**request, "inbox": inbox})
    connection.execute(text("SELECT pg_notify('training_request', '')"))


_FOLLOWED = """
    SELECT m.id, m.name FROM machine m
     WHERE EXISTS (SELECT FROM subscription s WHERE s.operator = :operator AND (s.machine IS NULL OR s.machine = m.id))
     ORDER BY m.name"""
_WAITING = "SELECT count(*) FROM training_request WHERE machine = :machine AND state = 'pending'"
_ASK = """
    INSERT INTO training_request (machine, asked_by, via, options, channel, address, zone, reference, inbox)
    VALUES (:machine, :by, :channel, CAST(:options AS jsonb), :channel, :chat, :zone, :reference, :inbox)"""
_ENDED = """
    SELECT r.channel, r.reference, r.asked_by, r.state, r.result, m.name AS machine
      FROM training_request r JOIN machine m ON m.id = r.machine WHERE r.id = :request"""
_TELL = """
    INSERT INTO outbox (channel, address, zone, kind, body)
    SELECT channel, address, zone, 'told', CAST(:body AS jsonb) FROM training_request WHERE id = :request"""
