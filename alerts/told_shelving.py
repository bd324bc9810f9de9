"""What the bot says of shelved devices."""

from datetime import datetime

from msgspec import Struct

from alerts.markup import Markup
from core.numbers import clock, lasting
from core.shelf import LONGEST, Shelving


class ToldShelving(Struct, frozen=True):
    """What the wish to shelve or unshelve a device came to."""

    came_to: Shelving
    device: str
    until: datetime | None = None
    reason: str = ""


class Shelved(Struct, frozen=True):
    """A device whose alerts are held."""

    device: str
    until: datetime
    by: str
    reason: str


def shelving_text(told: ToldShelving, zone: str, markup: Markup) -> str:
    """What became of the wish, and what to write where nothing did."""
    name = markup.name(told.device)
    match told.came_to:
        case Shelving.SHELVED:
            until = clock(told.until, zone) if told.until else ""
            return f"Shelved until {until}: alerts of {name} wait until then. /unshelve {name} ends it sooner."
        case Shelving.NO_TIME:
            return f"For how long, and why? As in: /shelve {name} 2h bearing is being changed"
        case Shelving.NO_REASON:
            return f"Why? As in: /shelve {name} 2h bearing is being changed"
        case Shelving.TOO_LONG:
            return f"Nothing was shelved: {lasting(LONGEST.total_seconds())} at a time is the most."
        case Shelving.UNSHELVED:
            return f"Alerts of {name} come again."
        case Shelving.NOT_SHELVED:
            return f"{name} is not shelved. /open lists what is."


def shelved_line(shelved: Shelved, zone: str, markup: Markup) -> str:
    """One line of a list."""
    why = f"{markup.text(shelved.by, 30)}: {markup.text(shelved.reason, 40)}"
    return f"Shelved: {markup.text(shelved.device, 40)} until {clock(shelved.until, zone)} ({why})"
