"""Which rows of the base data are held out: decided by the rows themselves, the same in every process and release."""

import hashlib
import math

import numpy as np

from core.batch import Bools, Floats, Integers


def stratified_rows(sensors: Floats, classes: Bools | Integers, share: float, seed: int) -> Bools:
    """That share of each class, shape (n,), drawn by a hash of the row and the seed; equal rows fall on one side."""
    key = seed.to_bytes(8, "little", signed=True)
    digests = (hashlib.blake2b(row.tobytes(), digest_size=8, key=key).digest() for row in sensors)
    hashes = np.frombuffer(b"".join(digests), dtype=np.uint64)
    held_out = np.zeros(len(classes), dtype=np.bool_)
    for one in np.unique(classes):
        kind = classes == one
        count = math.ceil(share * np.count_nonzero(kind))
        held_out |= kind & (hashes <= np.sort(hashes[kind])[count - 1])
    return held_out


def latest_rows(times: Integers, share: float) -> Bools:
    """That share of the rows, the latest ones, shape (n,); rows of one time fall on one side."""
    count = math.ceil(share * len(times))
    border = np.sort(times)[len(times) - count]
    return np.asarray(times >= border, dtype=np.bool_)
