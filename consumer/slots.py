"""Places in arrays for the devices of a partition, in the order in which they first spoke."""

import numpy as np

from core.batch import Integers


class Slots:
    """Device number → place, for whole columns at once."""

    def __init__(self) -> None:
        self._place = np.full(0, -1, dtype=np.int64)
        """By device number: they are given in a row, so that an array serves as a dictionary."""
        self.devices = np.empty(0, dtype=np.int64)
        """Place → device number."""

    def __len__(self) -> int:
        return len(self.devices)

    def of(self, devices: Integers) -> Integers:
        """The places of these devices (numbers, shape (n,)); new ones get the next."""
        if not len(devices):
            return devices
        if (surplus := int(devices.max()) + 1 - len(self._place)) > 0:
            self._place = np.concatenate((self._place, np.full(max(surplus, len(self._place)), -1, dtype=np.int64)))
        places: Integers = self._place[devices]
        if places.min() < 0:
            new = np.unique(devices[places < 0])
            self._place[new] = np.arange(len(self.devices), len(self.devices) + len(new))
            self.devices = np.concatenate((self.devices, new))
            places = self._place[devices]
        return places
