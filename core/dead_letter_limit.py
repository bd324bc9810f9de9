"""When dead letters are too many: the partition stops at the message that passes the limit, whatever the batches were.

Each message counts once, in the log's order: as a dead letter or not. The caller leaves out tombstones, which are
neither: a compacted topic is full of them, and nothing is wrong with it.
"""

import math
from typing import Annotated, NamedTuple

import numpy as np
from msgspec import Meta, Struct

from core.batch import Bools


class DeadLetterLimit(Struct, frozen=True, forbid_unknown_fields=True):
    """When so many messages of a partition become dead letters that it stops and waits for a person."""

    run: Annotated[int, Meta(ge=0, le=100_000)] = 100
    """This many in a row are too many; 0: no number is."""
    ratio: Annotated[float, Meta(ge=0, le=1)] = 0.5
    """This share of the last `of_last` messages is too much; 0: none is."""
    of_last: Annotated[int, Meta(ge=1, le=100_000)] = 1000


class Overrun(NamedTuple):
    """The message that passed the limit."""

    at: int
    """Its index among those that were looked at."""
    reason: str


def overrun(before: bytes, dead: Bools, limit: DeadLetterLimit) -> Overrun | None:
    """The first of these messages, shape (n,), with which dead letters are too many. `before`: from `outcomes`."""
    memory = _memory(limit)
    history = np.concatenate([_unpacked(before, memory), dead])
    if np.count_nonzero(history) < min(limit.run or len(history), most(limit)) or not dead.any():
        return None  # the usual case costs no more than this
    places = np.arange(len(history))
    in_a_row = places - np.maximum.accumulate(np.where(history, -1, places))
    so_far = np.concatenate([np.zeros(limit.of_last, dtype=np.int64), np.cumsum(history)])
    of_last = so_far[limit.of_last :] - so_far[: len(history)]
    runs = in_a_row >= limit.run if limit.run else np.zeros(len(history), dtype=np.bool_)
    shares = of_last >= most(limit) if limit.ratio else np.zeros(len(history), dtype=np.bool_)
    found = np.flatnonzero((runs | shares)[memory:] & dead)
    if not len(found):
        return None
    at = int(found[0])
    if runs[memory + at]:
        return Overrun(at, f"{limit.run} messages in a row became dead letters")
    return Overrun(at, f"{int(of_last[memory + at])} of the last {limit.of_last} messages became dead letters")


def outcomes(before: bytes, dead: Bools, limit: DeadLetterLimit) -> bytes:
    """What to remember of the log so far: which of the newest messages became dead letters. b"": none of them."""
    memory = _memory(limit)
    newest = dead[-memory:]
    history = np.concatenate([_unpacked(before, memory)[len(newest) :], newest])
    return np.packbits(history).tobytes() if history.any() else b""


def most(limit: DeadLetterLimit) -> int:
    """So many dead letters among the last `of_last` messages are too many."""
    return max(1, math.ceil(limit.ratio * limit.of_last))


def _memory(limit: DeadLetterLimit) -> int:
    """Messages to remember, a multiple of 8."""
    return -8 * (-max(limit.run, limit.of_last, 8) // 8)


def _unpacked(packed: bytes, memory: int) -> Bools:
    """Shape (memory,), the newest message last; none is a dead letter where nothing is remembered."""
    bits = np.unpackbits(np.frombuffer(packed, dtype=np.uint8)).astype(np.bool_)[-memory:]
    return np.concatenate([np.zeros(memory - len(bits), dtype=np.bool_), bits])
