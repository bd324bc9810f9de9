"""The devices that this process knows: their numbers, and what is remembered of each."""

from collections.abc import Collection, Mapping, Sequence

import numpy as np

from core.batch import Integers
from core.incident import HEALTHY, DeviceState
from core.ports import ReadingStore


class Devices:
    """Devices of the machines, looked up in the store when first met. Forgotten whenever partitions come or go."""

    def __init__(self, store: ReadingStore) -> None:
        self._store = store
        self._numbers: dict[str, dict[str, int]] = {}
        self._states: dict[str, dict[int, DeviceState]] = {}

    def numbers(self, machine: str, names: Sequence[str]) -> Integers:
        """The devices' numbers, shape (n,). Raises Unavailable."""
        known = self._numbers.setdefault(machine, {})
        try:
            return np.fromiter(map(known.__getitem__, names), np.int64, len(names))
        except KeyError:
            self._meet(machine, known, set(names).difference(known))
        return np.fromiter(map(known.__getitem__, names), np.int64, len(names))

    def _meet(self, machine: str, known: dict[str, int], missing: Collection[str]) -> None:
        states = self._states.setdefault(machine, {})
        for name, device in self._store.devices(machine, sorted(missing)).items():
            known[name] = device.id
            if device.state != HEALTHY:
                states[device.id] = device.state

    def states(self, machine: str) -> Mapping[int, DeviceState]:
        """What is remembered of the devices that are not healthy."""
        return self._states.get(machine, {})

    def remember(self, machine: str, changed: Mapping[int, DeviceState]) -> None:
        """Take over states that are committed."""
        states = self._states.setdefault(machine, {})
        for device, state in changed.items():
            if state == HEALTHY:
                states.pop(device, None)
            else:
                states[device] = state

    def forget(self) -> None:
        """Ask the store again: another process may have written meanwhile."""
        self._numbers.clear()
        self._states.clear()
