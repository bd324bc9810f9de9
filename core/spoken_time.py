"""Times and durations as people write them: `10m`, `1h30m`, `14:30`."""

import re
from datetime import UTC, datetime, timedelta

from core.numbers import zone_of

_DURATION = re.compile(r"(?:(\d{1,3})d)?(?:(\d{1,4})h)?(?:(\d{1,5})m(?:in)?)?", re.IGNORECASE)
_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")


def read_duration(word: str) -> timedelta | None:
    """A duration above zero in days, hours and minutes; None where the word is none."""
    found = _DURATION.fullmatch(word)
    if found is None:
        return None
    days, hours, minutes = (int(part or 0) for part in found.groups())
    return timedelta(days=days, hours=hours, minutes=minutes) or None


def read_since(word: str, now: datetime, zone: str) -> datetime | None:
    """When it began: a duration before `now`, or the last time that clocks in `zone` showed it; None: neither."""
    if ago := read_duration(word):
        return now - ago
    found = _CLOCK.fullmatch(word)
    return _last(int(found[1]), int(found[2]), now, zone) if found else None


def _last(hour: int, minute: int, now: datetime, zone: str) -> datetime:
    """Yesterday where today's is to come still; an hour that clocks show twice is the later one that is past."""
    local = now.astimezone(zone_of(zone))
    shown = [
        (local - timedelta(days=days)).replace(hour=hour, minute=minute, second=0, microsecond=0, fold=fold)
        for days in (0, 1)
        for fold in (0, 1)
    ]
    return max(time for time in (one.astimezone(UTC) for one in shown) if time <= now)
