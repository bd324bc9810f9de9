"""Questions: which readings that raised no alert a person is asked about, when, and how many others each stands for."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import blake2b
from typing import NamedTuple

import numpy as np

from core.batch import Bools, Floats, Integers

WINDOW = 500
"""Offsets of a partition, one such stretch of which is drawn at a time."""
_DAY = timedelta(days=1)


class Pool(StrEnum):
    """Why a reading is asked about."""

    AUDIT = "audit"
    """Drawn among all: it measures what is missed."""
    BAND = "band"
    """The model is not sure, though less than would raise an alert."""
    TAIL = "tail"
    """A sensor reads as no reviewed reading did."""


GROUP = (Pool.AUDIT, Pool.BAND, Pool.TAIL, Pool.BAND, Pool.TAIL)
"""The questions of one window: two fifths band, two fifths tail, one fifth audit; a smaller budget takes the first."""


class Window(NamedTuple):
    """The readings of a window that raised no alert, a row each."""

    ids: Sequence[bytes]
    scores: Floats
    thresholds: Floats
    """From which on they would have been faults."""
    tails: Floats
    """How far each lies in the tail of a sensor, as core.sensor_tail has it."""


class Drawn(NamedTuple):
    """A reading to ask about."""

    row: int
    pool: Pool
    weight: float
    """Readings of its pool in the window for each that was drawn: one over the probability that it was."""


def how_many(now: datetime, asked: Sequence[datetime], since: datetime, a_day: int) -> int:
    """How many questions a person may get now, who was asked so often in the last day and may be `a_day` times.

    Groups come evenly over the day, the first one such a while after `since`.
    """
    lately = [time for time in asked if time > now - _DAY]
    left = min(a_day - len(lately), len(GROUP))
    if left <= 0:
        return 0
    return left if now - max([*asked, since]) >= _DAY * len(GROUP) / max(a_day, len(GROUP)) else 0


def pick(count: int, key: bytes) -> int:
    """One of `count` windows, each as likely: the same for the same key, and nearly so while windows are added."""
    return _hash(key, "window") * count >> 64


def draw(window: Window, most: int, *, nearest: bool = False) -> Sequence[Drawn]:
    """At most `most` readings of the window, none twice; whoever draws again from the same readings draws the same.

    `nearest`: the scores are an order and no probabilities, so that nearly all readings lie in the band: of these the
    nearest to their thresholds are taken, and not any.
    """
    wanted = GROUP[:most]
    free = np.ones(len(window.ids), dtype=np.bool_)
    found: list[Drawn] = []
    for pool in Pool:
        best_first = pool is Pool.TAIL or (nearest and pool is Pool.BAND)
        rows = _ranked(window, pool, np.flatnonzero(free & _in_pool(window, pool)), best_first)
        taken = rows[: wanted.count(pool)]
        weight = 1.0 if best_first else len(rows) / max(len(taken), 1)
        found += [Drawn(int(row), pool, weight) for row in taken]
        free[taken] = False
    return found


def _in_pool(window: Window, pool: Pool) -> Bools:
    everything: Bools = np.ones(len(window.ids), dtype=np.bool_)
    if pool is Pool.BAND:
        floor = np.minimum(0.1, window.thresholds / 2)
        everything = (window.scores >= floor) & (window.scores < window.thresholds)
    return window.tails > 0 if pool is Pool.TAIL else everything


def _ranked(window: Window, pool: Pool, rows: Integers, best_first: bool) -> Integers:
    """Those to take first: by chance, which the ids decide; or the farthest in the tail, the nearest to an alarm."""
    chance = [_hash(window.ids[row], pool.value) for row in rows]
    worth = window.tails if pool is Pool.TAIL else window.scores - window.thresholds
    ranks = -worth[rows] if best_first else np.zeros(len(rows))
    order = sorted(range(len(rows)), key=lambda place: (ranks[place], chance[place]))
    return rows[np.array(order, dtype=np.int64)]


def _hash(key: bytes, purpose: str) -> int:
    return int.from_bytes(blake2b(key, digest_size=8, person=purpose.encode()).digest())
