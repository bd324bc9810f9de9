"""Shelving: a person keeps the alerts of a device back for a while, and says why (ISA-18.2)."""

from datetime import timedelta
from enum import StrEnum
from typing import NamedTuple

from core.spoken_time import read_duration

LONGEST = timedelta(hours=24)
"""No device is shelved for longer at a time."""


class Shelving(StrEnum):
    """What the wish to shelve a device, or to unshelve it, comes to."""

    SHELVED = "shelved"
    NO_TIME = "no_time"
    """It does not say for how long."""
    TOO_LONG = "too_long"
    NO_REASON = "no_reason"
    UNSHELVED = "unshelved"
    NOT_SHELVED = "not_shelved"
    """There is nothing to end."""


class Wish(NamedTuple):
    """To shelve a device."""

    lasting: timedelta | None
    reason: str


def read_wish(words: str) -> Wish:
    """For how long and why, as written behind the device's name: `2h bearing is being changed`."""
    first, *rest = words.split(maxsplit=1) or [""]
    lasting = read_duration(first)
    return Wish(lasting, ("".join(rest) if lasting else words).strip())


def weigh(wish: Wish) -> Shelving:
    """What the wish comes to."""
    if wish.lasting is None:
        return Shelving.NO_TIME
    if wish.lasting > LONGEST:
        return Shelving.TOO_LONG
    return Shelving.SHELVED if wish.reason else Shelving.NO_REASON
