"""What a decoded reading must satisfy to be accepted, and what is doubtful about one that is."""

import unicodedata

import numpy as np

from core.batch import Bools, Flags, Floats, Quality
from core.machine import Machine

EARLIEST = 631_152_000_000_000
"""1990-01-01 UTC in microseconds."""
LATEST = 4_102_444_800_000_000
"""2100-01-01 UTC in microseconds."""
_NAME_BYTES = 200
# Control, format (bidi and zero-width among them), surrogate, private use, unassigned, line and paragraph separators.
_REFUSED_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def device_name_problem(name: str) -> str | None:
    """Why a device may not be called this; None: it may."""
    if not name.strip():
        return "device: empty name"
    if len(name.encode()) > _NAME_BYTES:
        return f"device: name longer than {_NAME_BYTES} bytes"
    if bad := next((char for char in name if unicodedata.category(char) in _REFUSED_CATEGORIES), None):
        return f"device: name has the character U+{ord(bad):04X}"
    return None


class QualityCheck:
    """Flags readings whose sensors cannot be right; they are stored but not scored."""

    def __init__(self, machine: Machine) -> None:
        self._required = np.array([not sensor.optional for sensor in machine.sensors])
        self._minimum = np.array([sensor.minimum for sensor in machine.sensors])
        self._maximum = np.array([sensor.maximum for sensor in machine.sensors])

    def flags(self, sensors: Floats) -> Flags:
        """Quality flags, shape (n,), of readings of shape (n, sensors)."""
        flags = np.zeros(len(sensors), dtype=np.int16)
        flags[self.missing(sensors).any(axis=1)] |= Quality.SENSOR_MISSING
        flags[self.outside(sensors).any(axis=1)] |= Quality.OUT_OF_RANGE
        return flags

    def missing(self, sensors: Floats) -> Bools:
        """Which required sensors are absent, shape (n, sensors)."""
        absent: Bools = np.isnan(sensors) & self._required
        return absent

    def outside(self, sensors: Floats) -> Bools:
        """Which sensors read what they cannot, shape (n, sensors)."""
        beyond: Bools = (sensors < self._minimum) | (sensors > self._maximum)  # NaN is neither
        return beyond
