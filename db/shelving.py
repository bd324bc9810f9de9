"""`/shelve` and `/unshelve`: a person keeps the alerts of a device back, and lets them come again."""

from collections.abc import Mapping
from functools import partial

from sqlalchemy import Connection, text

from core.reply import Outcome, Reply
from core.shelf import Shelving, read_wish, weigh
from db.act import Act
from db.answerable import Sender
from db.device_meant import MeantDevice, NotClear, device_meant
from db.shelves import end_shelf


def shelve(connection: Connection, reply: Reply, sender: Sender) -> Act:
    """Shelve the device for so long, in place of a shelf that it has already."""
    device = device_meant(connection, sender.id, _argument(reply))
    if isinstance(device, NotClear):
        return _asked_back(reply, sender, device)
    wish = read_wish(device.rest)
    came_to = weigh(wish)
    if came_to is not Shelving.SHELVED or wish.lasting is None:
        return Act(Outcome.ASKED_BACK, _facts(reply, sender, device, came_to))
    arguments = {"device": device.id, "operator": sender.id, "reason": wish.reason}
    arguments["until"] = connection.execute(text("SELECT now() + :lasting"), {"lasting": wish.lasting}).scalar_one()
    facts = _facts(reply, sender, device, came_to, until=arguments["until"], reason=wish.reason)
    return Act(Outcome.DONE, facts, partial(_write, connection, arguments))


def unshelve(connection: Connection, reply: Reply, sender: Sender) -> Act:
    """End the device's shelf now."""
    device = device_meant(connection, sender.id, _argument(reply))
    if isinstance(device, NotClear):
        return _asked_back(reply, sender, device)
    shelf = connection.execute(text(_ACTIVE), {"device": device.id}).scalar_one_or_none()
    if shelf is None:
        return Act(Outcome.ASKED_BACK, _facts(reply, sender, device, Shelving.NOT_SHELVED))
    facts = _facts(reply, sender, device, Shelving.UNSHELVED)
    return Act(Outcome.DONE, facts, lambda _: end_shelf(connection, shelf, sender.id))


def _write(connection: Connection, arguments: Mapping[str, object], inbox: int) -> None:
    connection.execute(text(_REPLACE), arguments)
    connection.execute(text(_INSERT), {**arguments, "inbox": inbox})


def _facts(reply: Reply, sender: Sender, device: MeantDevice, came_to: Shelving, **more: object) -> dict[str, object]:
    shelving = {"came_to": came_to.value, "device": device.name.device, **more}
    return {**_command(reply, sender), "shelving": shelving}


def _asked_back(reply: Reply, sender: Sender, unclear: NotClear) -> Act:
    asked = {**unclear.facts, "argument": _argument(reply)}
    return Act(Outcome.ASKED_BACK, {**_command(reply, sender), "asked": asked})


def _command(reply: Reply, sender: Sender) -> dict[str, object]:
    assert reply.asked is not None, "only commands shelve"
    return {"command": reply.asked.command.value, "by": sender.name}


def _argument(reply: Reply) -> str:
    return reply.asked.argument if reply.asked else ""


_ACTIVE = "SELECT id FROM shelf WHERE device = :device AND ended_at IS NULL AND until > now() FOR UPDATE"
_REPLACE = (
    "UPDATE shelf SET ended_at = least(now(), until), ended_by = :operator WHERE device = :device AND ended_at IS NULL"
)
_INSERT = """
    INSERT INTO shelf (device, operator, reason, until, inbox) VALUES (:device, :operator, :reason, :until, :inbox)"""
