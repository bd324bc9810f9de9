"""What the bot says to a command."""

from collections.abc import Iterator
from datetime import datetime
from typing import Literal

from msgspec import Struct

from alerts.markup import Markup
from alerts.receipt_text import HELP
from core.command import MENU, Command
from core.numbers import clock, percent


class WaitingAlert(Struct, frozen=True):
    """An alert that nobody has answered."""

    alert: int
    device: str
    kind: Literal["fault", "sensor", "silent"]
    since: datetime
    probability: float
    over: bool
    """Its incident is closed."""


class Told(Struct, frozen=True):
    """What a person asked for, as facts; which are there depends on the command."""

    command: Command
    by: str
    alerts: tuple[WaitingAlert, ...] = ()
    waiting: int = 0
    """How many wait in all."""
    role: str = ""
    zone: str = ""
    machines: tuple[str | None, ...] = ()
    """That the person follows; None: every one."""
    answers: int = 0


def told_text(told: Told, zone: str, markup: Markup) -> str:
    """The answer, at most 4096 characters."""
    match told.command:
        case Command.OPEN:
            return "\n".join(_waiting(told, zone, markup))
        case Command.ME:
            return "\n".join(_me(told, markup))
        case _:
            return "\n".join([HELP, *(f"/{command} {words}" for command, words in MENU.items())])


def _waiting(told: Told, zone: str, markup: Markup) -> Iterator[str]:
    if not told.alerts:
        yield "No alert waits for an answer."
        return
    many = told.waiting > 1
    yield f"{told.waiting} alerts wait for an answer. Reply to their messages." if many else "One alert waits for you."
    for one in told.alerts:
        what = {"fault": percent(one.probability), "sensor": "sensor fault", "silent": "silent"}[one.kind]
        over = " · over" if one.over else ""
        yield f"#{one.alert} {markup.text(one.device, 60)} · {what} since {clock(one.since, zone)}{over}"
    if told.waiting > len(told.alerts):
        yield f"and {told.waiting - len(told.alerts)} older ones"


def _me(told: Told, markup: Markup) -> Iterator[str]:
    yield f"{markup.text(told.by, 100)}, {told.role}. Times are shown for {markup.text(told.zone, 60)}."
    names = sorted(name for name in told.machines if name is not None)
    of = "of every machine" if len(names) < len(told.machines) else f"of {', '.join(names)}" if names else "none"
    yield f"Alerts here: {of}."
    yield f"Your answers so far: {told.answers}."
