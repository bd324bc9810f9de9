"""Silence: a device stopped speaking while its partition went on. Decided from event times, never from a clock."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

import numpy as np

from core.batch import Bools, Integers
from core.span import Way

NEVER = -(2**62)
"""Before every event time."""


class Heard(NamedTuple):
    """When each device of a partition was last heard, a column each."""

    devices: Integers
    """Numbers, shape (n,)."""
    times: Integers
    """The newest event time, µs since 1970 UTC; those from the future do not count."""
    offsets: Integers
    """Of the last reading."""
    resumed: int
    """The partition as a whole was quiet before this event time; NEVER: it never was."""


_NONE = np.empty(0, dtype=np.int64)
NOBODY = Heard(_NONE, _NONE, _NONE, NEVER)


class LastReading(NamedTuple):
    """The last reading of a device."""

    device: int
    time: int
    offset: int


class Why(Enum):
    """Why silence was judged, or not."""

    JUDGED = "all that was in the log has been read"
    LAGGING = "older readings wait in the log: a device may have spoken again in them"
    END_UNKNOWN = "nobody knows yet how far the log goes"


@dataclass(frozen=True, slots=True)
class Silence:
    """Who fell silent and who speaks again, each with its last reading."""

    why: Why
    fell_silent: Sequence[LastReading] = ()
    speaks_again: Sequence[LastReading] = ()
    way: Way | None = None
    """How it was found, where somebody wants to know."""


def why_judge(next_offset: int, log_end: int | None) -> Why:
    """Whether a partition that is stored up to `next_offset` may be judged; `log_end`: where its log ended lately."""
    if log_end is None:
        return Why.END_UNKNOWN
    return Why.JUDGED if next_offset >= log_end else Why.LAGGING


def judge_silence(heard: Heard, watermark: int, limit: float, silent: Collection[int]) -> Silence:
    """Who is more than `limit` seconds behind the watermark; `silent`: the devices of whom that was said before.

    While a partition was quiet as a whole (a weekend, a broker that was away) nobody fell silent: when it goes on, each
    device has the limit anew.
    """
    behind = watermark - heard.times > round(limit * 1e6)
    quiet = behind & (watermark - heard.resumed > round(limit * 1e6))
    before = np.isin(heard.devices, np.fromiter(silent, dtype=np.int64, count=len(silent)))
    return Silence(Why.JUDGED, _readings(heard, quiet & ~before), _readings(heard, before & ~behind))


def _readings(heard: Heard, rows: Bools) -> Sequence[LastReading]:
    columns = (column[rows].tolist() for column in (heard.devices, heard.times, heard.offsets))
    return [LastReading(*values) for values in zip(*columns, strict=True)]
