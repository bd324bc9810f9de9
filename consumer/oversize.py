"""Messages over the size limit: never decoded, and only their beginnings are kept."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace

from consumer.fetched import Fetched, Headers
from core.batch import Batch, DeadLetter, Position

KEPT = 4096
"""Bytes of such a value, and of such a key, that are kept."""


def decode_within(limit: int, fetched: Fetched, decode: Callable[[Fetched], Batch]) -> Batch:
    """What `decode` makes of messages within `limit` bytes; those with a larger value or key are dead letters.

    No dead letter keeps headers of more than that either: nobody reads the headers of a reading.
    """
    rows = sorted({*_larger(fetched.values, limit), *_larger(fetched.keys, limit)})
    large = {letter.position: letter for letter in (_letter(fetched, row, limit) for row in rows)}
    if rows:
        values = list(fetched.values)
        for row in rows:
            values[row] = b""  # no reading, whatever the decoder: it becomes a dead letter in its place
        fetched = fetched._replace(values=values)
    batch = decode(fetched)
    if not batch.dead_letters:
        return batch
    letters = [large.get(letter.position, letter) for letter in batch.dead_letters]
    return replace(batch, dead_letters=[_without_large_headers(letter, limit) for letter in letters])


def _larger(parts: Sequence[bytes | None], limit: int) -> list[int]:
    try:
        if max(map(len, parts)) <= limit:  # type: ignore[arg-type]  # None raises, and is met below
            return []
    except TypeError:
        pass
    return [row for row, part in enumerate(parts) if part is not None and len(part) > limit]


def _letter(fetched: Fetched, row: int, limit: int) -> DeadLetter:
    key, value = fetched.keys[row], fetched.values[row]
    what, size = ("", len(value)) if value is not None and len(value) > limit else ("a key of ", len(key or b""))
    return DeadLetter(
        Position(fetched.topic, int(fetched.partitions[row]), int(fetched.offsets[row])),
        "decode",
        f"{what}{size} bytes, over the limit of {limit} (MESSAGE_LIMIT_BYTES): the first {KEPT} are kept",
        None if key is None else key[:KEPT],
        None if value is None else value[:KEPT],
        fetched.headers(row),
        len(value or b""),
        hashlib.sha256(value or b"").digest(),
    )


def _without_large_headers(letter: DeadLetter, limit: int) -> DeadLetter:
    """The letter, unless its headers are too large: then one that says so, in part only."""
    if (size := _bytes(letter.headers)) <= limit:
        return letter
    return letter._replace(
        reason=f"{letter.reason}; left out: {size} bytes of headers, over the limit of {limit} (MESSAGE_LIMIT_BYTES)",
        headers=(),
        size=len(letter.value or b"") if letter.size is None else letter.size,
        sha256=letter.sha256 or hashlib.sha256(letter.value or b"").digest(),
    )


def _bytes(headers: Headers) -> int:
    return sum(len(name) + len(value or b"") for name, value in headers)
