"""Quiet hours: when a person hears only of incidents of high severity."""

import re
from datetime import time
from typing import NamedTuple

_HOURS = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)\s*[-–]\s*([01]?\d|2[0-3]):([0-5]\d)")


class QuietHours(NamedTuple):
    """From one time of day to another by the clock of a person's zone, over midnight where the end is the earlier."""

    begin: time
    end: time
    """Not quiet any more."""

    def __str__(self) -> str:
        return f"{self.begin:%H:%M}-{self.end:%H:%M}"


def read_quiet_hours(text: str) -> QuietHours | None:
    """The hours in words such as 22:00-06:00; None where they are none."""
    found = _HOURS.fullmatch(text.strip())
    if found is None:
        return None
    hours = [int(part) for part in found.groups()]
    begin, end = time(hours[0], hours[1]), time(hours[2], hours[3])
    return None if begin == end else QuietHours(begin, end)
