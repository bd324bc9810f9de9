"""What the bot says to a report of a missed fault, and where it has to ask back which device is meant."""

from collections.abc import Iterator
from datetime import datetime

from msgspec import Struct

from alerts.markup import Markup
from core.command import Command
from core.device_meant import Unclear
from core.numbers import clock, lasting, zone_of
from core.report import FARTHEST, Heard

_EXAMPLES = {
    Command.FAULT: "/fault press-3 10m humming",
    Command.SHELVE: "/shelve press-3 2h bearing is being changed",
    Command.UNSHELVE: "/unshelve press-3",
}


class ToldReport(Struct, frozen=True):
    """What a report came to."""

    heard: Heard
    machine: str
    device: str
    readings: int
    since: datetime
    """The first of them, or where there is none, the time that was asked about."""
    newest: datetime | None
    """The device's newest reading."""


class Asked(Struct, frozen=True):
    """Why it is not clear which device is meant."""

    unclear: Unclear
    nearest: tuple[str, ...] = ()
    argument: str = ""
    """What the person wrote."""


def report_text(told: ToldReport, zone: str, markup: Markup) -> str:
    """What became of the report, and what to write where it came to nothing."""
    name = markup.name(told.device)
    readings = f"{told.readings} readings" if told.readings != 1 else "One reading"
    match told.heard:
        case Heard.LABELLED:
            verb = "is" if told.readings == 1 else "are"
            since = clock(told.since, zone)
            return f"Thank you. {readings} of {name} since {since} {verb} a fault now; /undo takes it back."
        case Heard.REPEATED:
            return f"Already noted: {name} since {clock(told.since, zone)}."
        case Heard.TOO_LONG_AGO:
            return f"Nothing was noted: a report reaches back {lasting(FARTHEST.total_seconds())} at most."
        case Heard.NO_READINGS:
            return "".join(_no_readings(told, name, zone))


def asked_text(asked: Asked, command: Command, markup: Markup) -> str:
    """The question which device is meant."""
    match asked.unclear:
        case Unclear.NO_DEVICE:
            return f"Which device? /devices lists them, as in: {_EXAMPLES[command]}"
        case Unclear.WHICH_MACHINE:
            which = " or ".join(f"/{command} {markup.text(name, 120)}" for name in asked.nearest[:5])
            return f"Several machines have a device of that name. Write {which}"
        case Unclear.UNKNOWN_DEVICE:
            like = ", ".join(markup.name(name) for name in asked.nearest)
            meant = f"Did you mean {like}?" if like else "/devices lists them."
            return f"You follow no device named like {markup.name(asked.argument)}. {meant}"


def _no_readings(told: ToldReport, name: str, zone: str) -> Iterator[str]:
    yield f"Nothing was noted: {name} has no scored reading since {clock(told.since, zone)}"
    if told.newest is None:
        yield "."
        return
    at = f"{told.newest.astimezone(zone_of(zone)):%H:%M}"
    yield f"; its newest is of {clock(told.newest, zone)}. Write since when: /fault {name} {at}"
