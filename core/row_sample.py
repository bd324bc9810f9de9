"""Rows of many files without doubles, and at most so many of them, whichever machine reads which file.

Each row has a key that follows from what it says and from a seed. Of equal rows the first stays; of too many those with
the smallest keys, which is a draw in which every row has the same chance.
"""

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from core.batch import Integers
from core.history import History, joined

_KEY_BYTES = 16
_FILE = 40
"""Bits of a place that number the rows of its file."""

Keys = npt.NDArray[np.bytes_]


class KeyedRows(NamedTuple):
    """Rows in any order, shape (n,) a column."""

    history: History
    keys: Keys
    places: Integers
    """Where each stands: behind all of the files before, and behind the rows before in its own."""


def keyed(history: History, file: int, seed: int) -> KeyedRows:
    """The rows of a file, of which `file` is the number."""
    places = (np.int64(file) << _FILE) + np.arange(len(history), dtype=np.int64)
    return KeyedRows(history, _keys(history, seed), places)


def sample(parts: Sequence[KeyedRows], most: int) -> KeyedRows:
    """Of equal rows the first; at most so many, those with the smallest keys, in order of these.

    A sample of samples is the sample of all.
    """
    keys = np.concatenate([part.keys for part in parts])
    places = np.concatenate([part.places for part in parts])
    order = np.lexsort((places, keys))
    first = np.ones(len(order), dtype=np.bool_)
    first[1:] = keys[order][1:] != keys[order][:-1]
    chosen = order[first][:most]
    return KeyedRows(joined([part.history for part in parts]).at(chosen), keys[chosen], places[chosen])


def in_order(rows: KeyedRows) -> History:
    """In order of time; rows of one time as they stand in the files."""
    return rows.history.at(np.lexsort((rows.places, rows.history.times)))


def _keys(history: History, seed: int) -> Keys:
    columns: list[npt.NDArray[np.generic]] = [history.sensors, history.fault, history.times]
    columns += [column for column in (history.classes, history.values) if column is not None]
    rows = np.concatenate([_as_bytes(column, len(history)) for column in columns], axis=1)
    width, content, salt = rows.shape[1], rows.tobytes(), seed.to_bytes(16, "big")
    found = [
        hashlib.blake2b(
            content[row * width : (row + 1) * width] + device.encode(), digest_size=_KEY_BYTES, salt=salt
        ).digest()
        for row, device in enumerate(history.devices)
    ]
    return np.array(found, dtype=f"S{_KEY_BYTES}")


def _as_bytes(column: npt.NDArray[np.generic], count: int) -> npt.NDArray[np.uint8]:
    """Shape (n, bytes of a row), the same on every machine."""
    if np.issubdtype(column.dtype, np.floating):
        column = np.where(np.isnan(column), np.nan, column)  # of many bit patterns that mean the same
    width = column.dtype.itemsize * (column.shape[1] if column.ndim > 1 else 1)
    wanted = column.dtype.newbyteorder("<")
    return np.ascontiguousarray(column.astype(wanted)).view(np.uint8).reshape(count, width)
