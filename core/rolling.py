"""Rolling sensors: numbers that are computed from the last readings of a device, this one included.

They are computed once, as a reading comes in, and stored with it: whoever scores, explains or learns from a stored
reading later goes by the very numbers that the model saw.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from core.batch import MOST, Bools, Floats, Integers
from core.machine import Machine
from core.sensor import Rolling, RollingFunction

_NEVER = -(2**62)
_FAR = 2**61
"""Further back than any reading."""
_AT_ONCE = 100_000
"""Numbers of windows that are laid out at a time."""


class _Column(NamedTuple):
    """A rolling sensor: its place among the machine's sensors, and that of the sensor it is computed from."""

    place: int
    source: int
    rolling: Rolling


class Windows:
    """The last readings of the devices of one stream of readings, in its order.

    A reading that does not have the sensor, or reads what the sensor cannot, is one of them without it. Absent is what
    has fewer readings behind it than it asks for, and where more than half of them are without the sensor. The same
    bits however the stream is cut into pieces: each window is added up on its own, from its oldest reading on.
    """

    def __init__(self, machine: Machine, within: int | None = None) -> None:
        """`within`: only so many of the stream's newest readings are looked back on, of whichever device."""
        places = {name: place for place, name in enumerate(machine.sensor_names)}
        self._columns = [
            _Column(places[sensor.name], places[sensor.rolling.of], sensor.rolling)
            for sensor in machine.sensors
            if sensor.rolling is not None
        ]
        sources = sorted({column.source for column in self._columns})
        self._kept = {source: place for place, source in enumerate(sources)}
        self._limits = [(machine.sensors[source].minimum, machine.sensors[source].maximum) for source in sources]
        self._sources = sources
        self._tail = max((column.rolling.readings for column in self._columns), default=1) - 1
        self._within = _FAR if within is None else within
        self._numbers: dict[str, int] = {}
        self._values = np.empty((0, self._tail, len(sources)))
        self._orders = np.empty((0, self._tail), dtype=np.int64)
        self._next = 0

    def fill(self, devices: Sequence[str], sensors: Floats, counted: Bools | None = None) -> Floats:
        """Readings that come next, shape (n, sensors), with their rolling sensors; they are remembered.

        Rows not `counted`, shape (n,), are in no window, and have none.
        """
        if not self._columns or not len(sensors):
            return sensors
        rows = np.arange(len(sensors)) if counted is None else np.flatnonzero(counted)
        found = sensors.copy()
        found[:, [column.place for column in self._columns]] = np.nan
        if len(rows):
            courses = self._courses(self._places(devices)[rows], rows, sensors)
            for column in self._columns:
                values = _rolled(courses, self._kept[column.source], column.rolling, self._within)
                # An absent number is the same bits whatever made it absent.
                known = np.where(np.isnan(values), np.nan, np.clip(values, -MOST, MOST))
                found[rows[courses.order], column.place] = known
        self._next += len(sensors)
        return found

    def _places(self, devices: Sequence[str]) -> Integers:
        numbers = self._numbers
        places = np.fromiter((numbers.setdefault(name, len(numbers)) for name in devices), np.int64, len(devices))
        if (missing := len(numbers) - len(self._values)) > 0:
            room = max(missing, len(self._values))
            self._values = np.concatenate([self._values, np.full((room, *self._values.shape[1:]), np.nan)])
            self._orders = np.concatenate([self._orders, np.full((room, self._tail), _NEVER, dtype=np.int64)])
        return places

    def _courses(self, places: Integers, rows: Integers, sensors: Floats) -> "_Courses":
        """The readings of each device behind those that are remembered of it; remembers its newest."""
        order = np.argsort(places, kind="stable")
        present, counts = np.unique(places, return_counts=True)
        begins = np.cumsum(counts + self._tail) - counts - self._tail
        # Each device's course: what is remembered of it, then its rows.
        at = np.arange(len(rows)) + np.repeat(np.arange(1, len(present) + 1) * self._tail, counts)
        remembered = (begins[:, np.newaxis] + np.arange(self._tail)).ravel()
        values = np.empty((len(rows) + len(remembered), len(self._sources)))
        orders = np.empty(len(values), dtype=np.int64)
        values[remembered] = self._values[present].reshape(len(remembered), -1)
        orders[remembered] = self._orders[present].ravel()
        values[at] = self._possible(sensors[:, self._sources][rows[order]])
        orders[at] = self._next + rows[order]
        newest = (begins + counts)[:, np.newaxis] + np.arange(self._tail)
        self._values[present], self._orders[present] = values[newest], orders[newest]
        return _Courses(values, orders, at, order)

    def _possible(self, values: Floats) -> Floats:
        low, high = np.array(self._limits).T
        return np.where((values >= low) & (values <= high), values, np.nan)


class _Courses(NamedTuple):
    """Readings of devices one behind the other, device by device, each behind what was remembered of it."""

    values: Floats
    """Shape (m, sources)."""
    orders: Integers
    """Shape (m,): which reading of the stream each is."""
    at: Integers
    """Shape (n,): where the new ones stand."""
    order: Integers
    """Shape (n,): which of the new ones stands there."""


def with_places(machine: Machine, sent: Floats) -> Floats:
    """Readings as devices send them, shape (n, machine.sent.sensors), with places for the rolling sensors, absent."""
    if not machine.has_rolling:
        return sent
    rows = np.full((len(sent), len(machine.sensors)), np.nan)
    rows[:, machine.sent_places] = sent
    return rows


def with_rolling(machine: Machine, devices: Sequence[str], sensors: Floats) -> Floats:
    """Readings of shape (n, sensors), in order of time, with the rolling sensors of a stream that begins with them."""
    return Windows(machine).fill(devices, sensors)


def rolling_where_lacking(machine: Machine, devices: Sequence[str], sensors: Floats, had: Collection[str]) -> Floats:
    """Rows of a file in order of time: those rolling sensors are computed from them that the file has not."""
    lacking = [
        place for place, sensor in enumerate(machine.sensors) if sensor.rolling is not None and sensor.name not in had
    ]
    if not lacking:
        return sensors
    found = sensors.copy()
    found[:, lacking] = with_rolling(machine, devices, sensors)[:, lacking]
    return found


def _rolled(courses: _Courses, source: int, rolling: Rolling, within: int) -> Floats:
    """Shape (n,): of the window that ends at each of the new readings."""
    values, length = courses.values[:, source], rolling.readings
    back = np.arange(length - 1, -1, -1)[:, np.newaxis]
    step = max(1, _AT_ONCE // length)
    computed = np.empty(len(courses.at))
    for start in range(0, len(computed), step):
        window = values[courses.at[start : start + step] - back]
        known = ~np.isnan(window)
        count = np.count_nonzero(known, axis=0)
        with np.errstate(invalid="ignore", divide="ignore"):
            found = _FUNCTIONS[rolling.function](window, known, count)
        computed[start : start + step] = np.where(2 * count >= length, found, np.nan)
    full = courses.orders[courses.at - (length - 1)] > courses.orders[courses.at] - within
    return np.where(full, computed, np.nan)


# Each takes windows of shape (readings, n), the oldest reading first, and which values of them are there. They are
# accumulated and never reduced: the order in which an axis is reduced, and so the last bit, depends on its length.
def _mean(window: Floats, known: Bools, count: Integers) -> Floats:
    mean: Floats = np.add.accumulate(np.where(known, window, 0.0))[-1] / count
    return mean


def _deviation(window: Floats, known: Bools, count: Integers) -> Floats:
    off = window - _mean(window, known, count)
    deviation: Floats = np.sqrt(np.add.accumulate(np.where(known, off * off, 0.0))[-1] / count)
    return deviation


def _lowest(window: Floats, _: Bools, __: Integers) -> Floats:
    lowest: Floats = np.fmin.accumulate(window)[-1]
    return lowest


def _highest(window: Floats, _: Bools, __: Integers) -> Floats:
    highest: Floats = np.fmax.accumulate(window)[-1]
    return highest


def _change(window: Floats, _: Bools, __: Integers) -> Floats:
    change: Floats = window[-1] - window[0]
    return change


_FUNCTIONS: Mapping[RollingFunction, Callable[[Floats, Bools, Integers], Floats]] = {
    "mean": _mean,
    "std": _deviation,
    "min": _lowest,
    "max": _highest,
    "change": _change,
}
