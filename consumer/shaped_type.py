"""The type that msgspec decodes a machine's own messages into."""

import math
import uuid
from typing import Any, Protocol

import msgspec
from msgspec import Struct

from consumer.clock import time_type
from consumer.words import sensor_type
from core.machine import Machine
from core.sensor import Sensor


class Found(Protocol):
    """One decoded message. Its fields are named by their place: what a message calls them may be any text.

    In a nested one `sensors` holds the sensors' fields `field_0` and so on, in a flat one they are its own.
    """

    id: uuid.UUID
    device: str
    time: Any


def found_type(machine: Machine) -> type[Struct]:
    """The type of one message: its sensors' fields in the order of `fields_of`, and its texts `text_0` and so on."""
    shape, fields = machine.message, fields_of(machine)
    sensors = [
        _field(f"field_{place}", [sensor for sensor in machine.sensors if sensor.written == field], machine)
        for place, field in enumerate(fields)
    ]
    of_sensors = {f"field_{place}": field for place, field in enumerate(fields)}
    of_top = {f"text_{place}": name for place, name in enumerate(machine.texts)}
    of_top |= {"id": shape.id, "device": shape.device, "time": shape.time}
    top: list[Any] = [("id", uuid.UUID), ("device", str), ("time", time_type(machine))]
    top += [(f"text_{place}", str | None, None) for place in range(len(machine.texts))]
    if shape.layout == "flat":
        return _struct("Reading", top + sensors, of_top | of_sensors)
    return _struct("Reading", [*top, ("sensors", _struct("Sensors", sensors, of_sensors))], of_top)


def fields_of(machine: Machine) -> list[str]:
    """The fields that hold the machine's sensors; several of them may be bits of one."""
    return list(dict.fromkeys(sensor.written for sensor in machine.sensors))


def _field(name: str, sensors: list[Sensor], machine: Machine) -> Any:  # of the shape
    words = machine.csv.values.get(sensors[0].name)
    kind, absent = (sensor_type(words), math.nan) if sensors[0].bit is None else (str, None)
    if machine.message.strict and not all(sensor.optional for sensor in sensors):
        return name, kind
    return name, kind | None, absent


def _struct(name: str, fields: list[Any], rename: dict[str, str]) -> type[Struct]:
    return msgspec.defstruct(name, fields, kw_only=True, gc=False, rename=rename)
