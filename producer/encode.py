"""A reading as the bytes of its message."""

from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from core.batch import Floats
from core.machine import Machine
from producer.readings import Readings
from producer.shaped import ShapedEncoder
from producer.times import rfc_3339


class Encoder:
    """Encodes one machine's readings as JSON: `id`, `device`, `time`, `sensors`, of these those that devices send."""

    def __init__(self, machine: Machine) -> None:
        self._sent = machine.sent_places
        self._optional = [sensor.optional for sensor in machine.sent.sensors]
        fields = [(name, float | UnsetType) for name in machine.sent.sensor_names]
        self._sensors: Callable[..., Any] = msgspec.defstruct("Sensors", fields, gc=False)
        self._reading: Callable[..., Any] = msgspec.defstruct(
            "Reading", [("id", str), ("device", str), ("time", str), ("sensors", self._sensors)], gc=False
        )

    def encode(self, readings: Readings) -> list[bytes]:
        """One message each. An absent sensor is left out where it is optional, and `null` where it is required."""
        encode, reading, sensors = msgspec.json.Encoder().encode, self._reading, self._sensors
        rows = zip(*self._columns(readings.sensors), strict=True)
        return [
            encode(reading(reading_id, device, time, sensors(*values)))
            for reading_id, device, time, values in zip(
                readings.ids, readings.devices, rfc_3339(readings.times), rows, strict=True
            )
        ]

    def _columns(self, sensors: Floats) -> list[list[float | UnsetType]]:
        """NaN stays NaN where the sensor is required: it is written as `null`."""
        return [
            [UNSET if value != value else value for value in column.tolist()] if optional else column.tolist()
            for column, optional in zip(sensors.T[self._sent], self._optional, strict=True)
        ]


def encoder_of(machine: Machine, schema: int = 1) -> Encoder | ShapedEncoder:
    """What encodes this machine's readings as it writes them; `schema`: the number before framed messages."""
    if machine.has_own_messages or machine.time_format:
        return ShapedEncoder(machine, schema)
    return Encoder(machine)
