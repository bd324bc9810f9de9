"""A reading as its message where the machine's messages are not written our way: framed, flat, with flags."""

from collections.abc import Sequence
from itertools import groupby

import msgspec

from core.batch import Floats
from core.flags import flags_text
from core.machine import Machine
from core.sensor import Sensor
from producer.readings import Readings
from producer.times import time_writer

Cell = float | str | None
"""`null` is None; the empty text is left out."""


class ShapedEncoder:
    """Encodes one machine's readings as its file says that its messages are written."""

    def __init__(self, machine: Machine, schema: int) -> None:
        """`schema`: the number that stands before a framed message."""
        self._shape = machine.message
        self._prefix = b"\0" + schema.to_bytes(4) if machine.message.framing == "confluent" else b""
        self._time_texts = time_writer(machine)
        self._columns = _columns(machine)

    def encode(self, readings: Readings) -> list[bytes]:
        """One message each. An absent sensor is left out where it is optional, and `null` where it is required."""
        shape, encode = self._shape, msgspec.json.Encoder().encode
        names = [name for name, _ in self._columns]
        rows = zip(*(_cells(readings.sensors, sensors) for _, sensors in self._columns), strict=True)
        messages = []
        for reading_id, device, time, row in zip(
            readings.ids, readings.devices, self._time_texts(readings.times), rows, strict=True
        ):
            sensors = {name: cell for name, cell in zip(names, row, strict=True) if cell != ""}
            heads: dict[str, object] = {shape.id: reading_id, shape.device: device, shape.time: time}
            message = heads | (sensors if shape.layout == "flat" else {"sensors": sensors})
            messages.append(self._prefix + encode(message))
        return messages


def _columns(machine: Machine) -> Sequence[tuple[str, Sequence[tuple[int, Sensor]]]]:
    """The messages' fields, each with the sensors that it holds and their places among the machine's."""
    sent = [(place, sensor) for place, sensor in enumerate(machine.sensors) if sensor.rolling is None]
    placed = sorted(sent, key=lambda one: one[1].written)
    return [(name, list(held)) for name, held in groupby(placed, key=lambda one: one[1].written)]


def _cells(readings: Floats, held: Sequence[tuple[int, Sensor]]) -> Sequence[Cell]:
    absent: Cell = "" if all(sensor.optional for _, sensor in held) else None
    if held[0][1].bit is None:
        return [absent if value != value else value for value in readings[:, held[0][0]].tolist()]
    bits = [sensor.bit or 0 for _, sensor in held]
    rows = readings[:, [place for place, _ in held]].tolist()
    return [flags_text(zip(bits, row, strict=True)) or absent for row in rows]
