"""The hand-over of a shift: how far back it looks."""

from datetime import timedelta

from core.spoken_time import read_duration

USUAL = timedelta(hours=8)
FARTHEST = timedelta(days=7)


def shift_of(words: str) -> timedelta:
    """As long as is asked for (`/digest 12h`), a week at most; a usual shift where no duration is written."""
    return min(read_duration(words.strip()) or USUAL, FARTHEST)
