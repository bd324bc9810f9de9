"""What was seen of sensors that cannot be right, in words: which, how often, and what to do."""

from collections.abc import Sequence
from typing import NamedTuple

from core.batch import MOST, Floats, Quality
from core.machine import Machine
from core.numbers import number
from core.sensor import Sensor

_WHAT_TO_DO = "Check the sensor, its plug and its cable."
_MEANWHILE = "Until it reads right, nobody watches this device for faults."


class Finding(NamedTuple):
    """Why a sensor fault was raised."""

    reasons: tuple[str, ...]
    """One for each sensor and doubt, in the machine's order."""
    advice: str
    """What to do."""


def found_in(windows: Sequence[tuple[int, int, int]], newest: Floats, machine: Machine) -> Finding:
    """The finding about windows of (sensor, doubt, bits); `newest`: the device's last reading, shape (sensors,)."""
    named = [(machine.sensors[sensor], why, bits, float(newest[sensor])) for sensor, why, bits in windows]
    told = [sensor.advice for sensor, *_ in named if sensor.advice]
    advice = " ".join(dict.fromkeys(told)) or _WHAT_TO_DO
    return Finding(tuple(_reason(*one, machine.sensor_faults.of_last) for one in named), f"{advice} {_MEANWHILE}")


def _reason(sensor: Sensor, why: int, bits: int, newest: float, of_last: int) -> str:
    often = f"in {bits.bit_count()} of the last {of_last} readings"
    match Quality(why):
        case Quality.SENSOR_MISSING:
            return f"{sensor.name} was missing {often}"
        case Quality.STUCK if bits & 1:
            in_a_row = (sensor.stuck_after or 1) - 1 + _ones(bits)
            return f"{sensor.name} has read exactly {_value(newest, sensor)} for {in_a_row} readings"
        case Quality.STUCK:
            return f"{sensor.name} was stuck {often}"
        case _:
            now = f", now {_value(newest, sensor)}" if bits & 1 else ""
            return f"{sensor.name} was {_outside(sensor)} {often}{now}"


def _ones(bits: int) -> int:
    """How many readings in a row up to the newest."""
    return (~bits & bits + 1).bit_length() - 1


def _outside(sensor: Sensor) -> str:
    if sensor.maximum == MOST and sensor.minimum > -MOST:
        return f"below {_value(sensor.minimum, sensor)}"
    if sensor.minimum == -MOST and sensor.maximum < MOST:
        return f"above {_value(sensor.maximum, sensor)}"
    return f"outside {number(sensor.minimum)} to {_value(sensor.maximum, sensor)}"


def _value(value: float, sensor: Sensor) -> str:
    return f"{number(value)} {sensor.unit}".rstrip()
