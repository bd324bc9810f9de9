"""A shelf that ended while its device's incident is open, in words."""

from datetime import datetime

from msgspec import Struct

from alerts.markup import Markup
from core.numbers import clock


class UnshelvedFacts(Struct, frozen=True):
    """The alert that people know of, and the shelf that ended."""

    alert: int
    device: str
    since: datetime
    shelved_by: str
    shelved_for: str
    """The reason that was given."""


def unshelved_text(facts: UnshelvedFacts, zone: str, markup: Markup) -> str:
    """That the trouble is still there, its first line made for a lock screen."""
    first = "⚠ " + markup.bold(f"{markup.name(facts.device)} still needs attention")
    shelf = f"It is not shelved any more ({markup.text(facts.shelved_by, 60)}: {markup.text(facts.shelved_for, 500)})"
    since = f"Alert #{facts.alert}, since {clock(facts.since, zone)}, has no answer yet"
    return "\n".join([first, shelf, since, "", "Is this correct? Reply Y/N"])
