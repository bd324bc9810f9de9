"""The commands that do something, each by what it would do."""

from collections.abc import Callable, Mapping

from sqlalchemy import Connection

from core.command import Command
from core.reply import Reply
from db.act import Act
from db.answerable import Sender
from db.reports import report
from db.retraining import retrain
from db.shelving import shelve, unshelve
from db.showing import show

_ACTS: Mapping[Command, Callable[[Connection, Reply, Sender], Act]] = {
    Command.ALERT: show,
    Command.FAULT: report,
    Command.SHELVE: shelve,
    Command.UNSHELVE: unshelve,
    Command.RETRAIN: retrain,
}


def act_of(connection: Connection, reply: Reply, sender: Sender) -> Act | None:
    """What the reply would do; None: it is no such command, or cannot be taken as one."""
    act = _ACTS.get(reply.asked.command) if reply.asked and reply.refusal is None else None
    return act(connection, reply, sender) if act else None
