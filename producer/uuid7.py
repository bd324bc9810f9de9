"""Ids of readings: UUIDv7 (RFC 9562), many at a time."""

import numpy as np

from core.batch import Integers


def uuid7_texts(times: Integers, random: np.random.Generator) -> list[str]:
    """One UUIDv7 as text for each event time (microseconds since 1970 UTC, shape (n,)).

    The 74 bits beside the time are drawn row by row: the same generator gives the same ids, however rows are cut
    into chunks.
    """
    words = random.integers(0, 2**64, size=(len(times), 2), dtype=np.uint64)
    milliseconds = (times // 1000).astype(np.uint64)
    words[:, 0] = (milliseconds << np.uint64(16)) | np.uint64(0x7000) | (words[:, 0] & np.uint64(0x0FFF))
    words[:, 1] = (words[:, 1] >> np.uint64(2)) | np.uint64(1 << 63)
    digits = words.astype(">u8").tobytes().hex()
    return [
        f"{digits[at : at + 8]}-{digits[at + 8 : at + 12]}-{digits[at + 12 : at + 16]}"
        f"-{digits[at + 16 : at + 20]}-{digits[at + 20 : at + 32]}"
        for at in range(0, len(digits), 32)
    ]
