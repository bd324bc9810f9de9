"""What a machine's messages are, as a JSON Schema."""

from core.machine import Machine
from core.sensor import Sensor


def json_schema(machine: Machine) -> dict[str, object]:
    """Of a message without its framing: its fields, and which of them must be there."""
    shape, machine = machine.message, machine.sent
    heads: dict[str, object] = {
        shape.id: {"type": "string", "description": "UUID"},
        shape.device: {"type": "string"},
        shape.time: {"type": "string", "description": machine.time_format or "RFC 3339"},
    }
    sensors = {sensor.written: _described(sensor) for sensor in machine.sensors}
    required = list(dict.fromkeys(sensor.written for sensor in machine.sensors if not sensor.optional))
    if shape.layout == "flat":
        return _object(heads | sensors, [*heads, *required]) | {"title": machine.name}
    nested = {**heads, "sensors": _object(sensors, required)}
    return _object(nested, list(nested)) | {"title": machine.name}


def _object(properties: dict[str, object], required: list[str]) -> dict[str, object]:
    return {"type": "object", "properties": properties, "required": required}


def _described(sensor: Sensor) -> object:
    if sensor.bit is not None:
        return {"type": "string", "description": "flags, such as 0x50005"}
    return {"type": "number"} | ({"description": sensor.unit} if sensor.unit else {})
