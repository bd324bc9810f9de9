"""Messages that wait for too long: whether people have stopped hearing of anything, and why."""

from enum import StrEnum

from msgspec import Struct

LIMIT_S = 300.0
"""A message that waits for longer is overdue: pace and floods are over by then."""


class Waiting(Struct, frozen=True, kw_only=True):
    """What the outbox holds."""

    waiting: int = 0
    """Messages that were not delivered yet."""
    oldest_s: float = 0.0
    """Seconds since the oldest of them was queued."""
    overdue: int = 0
    """Those that have waited for longer than `LIMIT_S`."""
    tries: int = 0
    """Of the oldest."""
    error: str = ""
    """Why the last try of the oldest failed."""


class Overdue(StrEnum):
    """Why messages wait for too long."""

    NONE = "none"
    NOT_TRIED = "not_tried"
    """Nobody has tried to send the oldest: no dispatcher runs, or it serves other channels."""
    REFUSED = "refused"
    """It was tried and did not arrive."""


def why_overdue(found: Waiting) -> Overdue:
    """Whether messages wait for too long, and what keeps them."""
    if not found.overdue:
        return Overdue.NONE
    return Overdue.REFUSED if found.tries else Overdue.NOT_TRIED


def overdue_words(found: Waiting) -> str:
    """The trouble in a line, with what to look at; empty where there is none."""
    told = f"messages to people wait: {found.overdue} for too long, the oldest for {found.oldest_s / 60:.0f} minutes"
    match why_overdue(found):
        case Overdue.NONE:
            return ""
        case Overdue.NOT_TRIED:
            return f"{told}, and nobody tried to send it: is ./run alerts running, with its TELEGRAM_BOT_TOKEN?"
        case Overdue.REFUSED:
            return f"{told}; after {found.tries} tries: {found.error or 'no answer yet'}"
