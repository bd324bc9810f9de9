"""Commands: what people ask the bot for."""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple


class Command(StrEnum):
    """A command, without its slash."""

    START = "start"
    HELP = "help"
    OPEN = "open"
    ALERT = "alert"
    DEVICES = "devices"
    STATUS = "status"
    FAULT = "fault"
    SHELVE = "shelve"
    UNSHELVE = "unshelve"
    DIGEST = "digest"
    RETRAIN = "retrain"
    UNDO = "undo"
    ME = "me"


MENU: Mapping[Command, str] = {
    Command.OPEN: "Alerts that wait for an answer",
    Command.ALERT: "One alert whole, with its chart and buttons: /alert 12",
    Command.DEVICES: "The devices: those in trouble first, then by score",
    Command.STATUS: "The latest readings of a device: /status DEVICE",
    Command.FAULT: "Report a fault that no alert told of: /fault DEVICE 10m (or 14:30) and why",
    Command.SHELVE: "Keep a device's alerts back for a while: /shelve DEVICE 2h REASON",
    Command.UNSHELVE: "Let its alerts come again: /unshelve DEVICE",
    Command.DIGEST: "What a shift hands over: open, unanswered, disputed, shelved",
    Command.RETRAIN: "For engineers, a model that learns from the answers: /retrain MACHINE [rf]",
    Command.UNDO: "Take your last answer back",
    Command.ME: "Who you are here, and what you get",
    Command.HELP: "How to answer an alert",
}
"""What the bot's menu and its help show, in this order."""


class Asked(NamedTuple):
    """A command, and what was written after it."""

    command: Command
    argument: str = ""


def read_command(text: str) -> Asked | None:
    """The command that a text begins with, in any case; the bot's name may follow it. None: it is none of ours.

    `/alert_12` is `/alert 12`: the whole of it can be tapped.
    """
    name, _, rest = text.strip().partition(" ")
    name = slashed(name)
    if tapped := _TAPPED.fullmatch(name):
        return Asked(Command.ALERT, tapped[1])
    return Asked(Command(name), rest.strip()) if name in tuple(Command) else None


def slashed(text: str) -> str:
    """What stands behind a slash, in lower case, without the bot's name, such as `pc1`; empty: it is no single word."""
    name = text.strip()[1:].partition("@")[0].lower()
    return name if text.strip().startswith("/") and not re.search(r"\s", name) else ""


def alert_named(argument: str) -> int | None:
    """The alert's number in what was written after a command, such as `12` or `#12`; None: there is none."""
    named = _NUMBER.fullmatch(argument)
    return int(named[1]) if named else None


_TAPPED = re.compile(r"alert_([0-9]{1,18})")
_NUMBER = re.compile(r"#?([0-9]{1,18})")
