"""What is wrong with the way in which a machine's file says that its messages are written."""

from collections.abc import Iterator

from core.machine import Machine
from core.sensor import Sensor


def message_problems(machine: Machine) -> Iterator[tuple[str, str]]:
    """What the types cannot say: pairs of the key and what is wrong with it."""
    shape = machine.message
    heads = {"id": shape.id, "device": shape.device, "time": shape.time}
    if shape.layout == "nested":
        heads["sensors"] = "sensors"
    taken = list(heads.values())
    for key, field in heads.items():
        if taken.count(field) > 1:
            yield f"message.{key}", f"two things cannot both stand in the field {field}"
    beside = {sensor.written for sensor in machine.sensors} if shape.layout == "flat" else set()
    for name in machine.texts:
        if name in beside.union(taken):
            yield "texts", f"{name} is no text"
    for position, sensor in enumerate(machine.sensors):
        if shape.layout == "flat" and sensor.written in taken:
            yield f"sensors[{position}].field", f"the field {sensor.written} holds no sensor"
        problems = (*_bit_problems(sensor), *_shared(sensor, machine.sensors[:position]))
        yield from ((f"sensors[{position}].{key}", problem) for key, problem in problems)


def _bit_problems(sensor: Sensor) -> Iterator[tuple[str, str]]:
    if sensor.bit is not None and sensor.field is None:
        yield "bit", "name the field whose bit it is with field"
    if sensor.bit is not None and (sensor.minimum, sensor.maximum) != (0, 1):
        yield "bit", "a bit is 0 or 1: set minimum = 0 and maximum = 1"


def _shared(sensor: Sensor, others: tuple[Sensor, ...]) -> Iterator[tuple[str, str]]:
    """Only bits of flags share a field, each its own."""
    for other in others:
        if other.written == sensor.written and (sensor.bit == other.bit or None in (sensor.bit, other.bit)):
            yield "field", f"the field {sensor.written} is that of {other.name} already"
