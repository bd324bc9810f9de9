"""Messages over the size limit: never decoded, and only the beginning of their value is kept."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace

from consumer.fetched import Fetched
from core.batch import Batch, DeadLetter, Position

KEPT = 4096
"""Bytes of such a value that are kept."""


def decode_within(limit: int, fetched: Fetched, decode: Callable[[Fetched], Batch]) -> Batch:
    """What `decode` makes of the messages; those whose value has more than `limit` bytes are dead letters instead."""
    rows = _larger(fetched.values, limit)
    if not rows:
        return decode(fetched)
    values = list(fetched.values)
    letters = {}
    for row in rows:
        letter = _letter(fetched, row, limit)
        letters[letter.position] = letter
        values[row] = b""  # no reading, whatever the decoder: it becomes a dead letter in its place
    batch = decode(fetched._replace(values=values))
    return replace(batch, dead_letters=[letters.get(letter.position, letter) for letter in batch.dead_letters])


def _larger(values: Sequence[bytes | None], limit: int) -> list[int]:
    try:
        if max(map(len, values)) <= limit:  # type: ignore[arg-type]  # a tombstone raises, and is met below
            return []
    except TypeError:
        pass
    return [row for row, value in enumerate(values) if value is not None and len(value) > limit]


def _letter(fetched: Fetched, row: int, limit: int) -> DeadLetter:
    value = fetched.values[row] or b""
    return DeadLetter(
        Position(fetched.topic, int(fetched.partitions[row]), int(fetched.offsets[row])),
        "decode",
        f"{len(value)} bytes, over the limit of {limit} (MESSAGE_LIMIT_BYTES): the first {KEPT} are kept",
        fetched.keys[row],
        value[:KEPT],
        fetched.headers(row),
        len(value),
        hashlib.sha256(value).digest(),
    )
