"""A steady load: devices that overheat now and then, published until the block ends."""

import threading
import uuid
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from tests.builders import NOON, a_reading
from tests.processes import wait_until
from tests.world import World

_TURN_S = 0.1
DEVICES = 40


class Load:
    """Readings of 40 devices at a rate; each device overheats for 20 readings in `period`."""

    def __init__(self, world: World, rate: int = 5000, period: int = 100) -> None:
        self._world = world
        self.turn = max(1, int(rate * _TURN_S))
        """Readings that are published in one go."""
        self._period = period
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._publish, name="load")
        self.published = 0

    def go_on(self, count: int = 1000) -> None:
        """Wait until so many more were published."""
        wanted = self.published + count
        wait_until(lambda: self.published >= wanted, f"{count} more readings published")

    def __enter__(self) -> "Load":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _publish(self) -> None:
        with self._world.publishing() as publish:
            while not self._stop.wait(_TURN_S):
                publish_some(publish, self.published, self.turn, self._period)
                self.published += self.turn


def publish_some(publish: Callable[[Mapping[str, Any]], None], first: int, count: int, period: int = 100) -> None:
    """Publish so many of the load's readings, from number `first` on."""
    for number in range(first, first + count):
        publish(load_reading(number, period))


def load_reading(number: int, period: int = 100) -> dict[str, Any]:
    """The load's reading of this number, the same each time; its values wander a little, as real ones do."""
    device, tick = number % DEVICES, number // DEVICES
    hot = (tick + 3 * device) % period < 20
    return a_reading(
        f"device-{device:02}",
        NOON + timedelta(seconds=tick),
        str(uuid.UUID(int=number + 1)),
        temperature=(160.0 if hot else 65.0 + device / 10) + tick % 7 / 10,
        vibration=(9.0 if hot else 1.5) + tick % 5 / 100,
        humidity=50.0 + tick % 11 / 10,
        pressure=35.0 + tick % 13 / 100,
    )
