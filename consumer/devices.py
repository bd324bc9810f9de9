"""The devices that this process knows: their numbers, and what is remembered of each."""

from collections.abc import Collection, Mapping, Sequence
from typing import TypeVar

import numpy as np

from core.batch import Integers
from core.incident import HEALTHY, DeviceState
from core.ports.stream import ReadingStore
from core.sensor_fault import ALL_WELL, SensorState

State = TypeVar("State")


class Devices:
    """Devices of the machines, looked up in the store when first met. Forgotten whenever partitions come or go."""

    def __init__(self, store: ReadingStore) -> None:
        self._store = store
        self._numbers: dict[str, dict[str, int]] = {}
        self._states: dict[str, dict[int, DeviceState]] = {}
        self._sensors: dict[str, dict[int, SensorState]] = {}

    def numbers(self, machine: str, names: Sequence[str]) -> Integers:
        """The devices' numbers, shape (n,). Raises Unavailable."""
        known = self._numbers.setdefault(machine, {})
        try:
            return np.fromiter(map(known.__getitem__, names), np.int64, len(names))
        except KeyError:
            self._meet(machine, known, set(names).difference(known))
        return np.fromiter(map(known.__getitem__, names), np.int64, len(names))

    def _meet(self, machine: str, known: dict[str, int], missing: Collection[str]) -> None:
        found = self._store.devices(machine, sorted(missing))
        known.update({name: device.id for name, device in found.items()})
        self.remember(
            machine,
            {device.id: device.state for device in found.values()},
            {device.id: device.sensors for device in found.values()},
        )

    def states(self, machine: str) -> Mapping[int, DeviceState]:
        """What is remembered of the devices that are not healthy."""
        return self._states.get(machine, {})

    def sensors(self, machine: str) -> Mapping[int, SensorState]:
        """What is remembered of the devices that have a doubtful sensor."""
        return self._sensors.get(machine, {})

    def remember(self, machine: str, changed: Mapping[int, DeviceState], sensors: Mapping[int, SensorState]) -> None:
        """Take over states that are committed."""
        _remember(self._states.setdefault(machine, {}), changed, HEALTHY)
        _remember(self._sensors.setdefault(machine, {}), sensors, ALL_WELL)

    def forget(self) -> None:
        """Ask the store again: another process may have written meanwhile."""
        self._numbers.clear()
        self._states.clear()
        self._sensors.clear()


def _remember(states: dict[int, State], changed: Mapping[int, State], default: State) -> None:
    """Only what is not the default needs a place."""
    for device, state in changed.items():
        if state == default:
            states.pop(device, None)
        else:
            states[device] = state
