"""Decoded messages as columns."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from core.batch import Bools, Floats, Integers

Ids = npt.NDArray[np.void]


class Columns(NamedTuple):
    """Readings, shape (n,) a column, in the order of their messages."""

    rows: Integers
    """Which of the fetched messages each reading is."""
    ids: Ids
    """UUIDs as 16 bytes each."""
    devices: Sequence[str]
    times: Integers
    """Event times, microseconds since 1970 UTC."""
    sensors: Floats
    """Shape (n, sensors); NaN for absent."""

    def only(self, keep: Bools) -> "Columns":
        """The readings for which `keep` is true."""
        if keep.all():
            return self
        devices = [device for device, kept in zip(self.devices, keep.tolist(), strict=True) if kept]
        return Columns(self.rows[keep], self.ids[keep], devices, self.times[keep], self.sensors[keep])


def merged(one: Columns, other: Columns) -> Columns:
    """Both, in the order of their messages."""
    if not len(other.rows):
        return one
    order = np.argsort(rows := np.concatenate([one.rows, other.rows]))
    devices = [*one.devices, *other.devices]
    return Columns(
        rows[order],
        np.concatenate([one.ids, other.ids])[order],
        [devices[index] for index in order.tolist()],
        np.concatenate([one.times, other.times])[order],
        np.concatenate([one.sensors, other.sensors])[order],
    )
