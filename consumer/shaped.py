"""Messages that are not written our way: framed, flat, with other names, with flags."""

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any

import msgspec
from msgspec import Raw

from consumer.clock import time_reader
from consumer.framing import unframed
from consumer.message import Reading, refuse_nul
from consumer.shaped_type import Found, fields_of, found_type
from consumer.words import put_numbers
from core.flags import NO_FLAGS, read_flags
from core.machine import Machine

_MOST_TEXTS = 10_000
_raw_object = msgspec.json.Decoder(dict[str, Raw]).decode


class ShapedMessages:
    """Reads one machine's messages, each on its own; what one holds beside a reading is kept as it stands."""

    def __init__(self, machine: Machine, check: Callable[[int, bytes], None] | None = None) -> None:
        """`check`: raises InvalidReading where the JSON of a framed message is not as its schema, by number, says."""
        self._check = check
        self._shape = machine.message
        self._nested = machine.message.layout == "nested"
        self._fields = fields_of(machine)
        self._heads = {self._shape.id, self._shape.device, self._shape.time} | ({"sensors"} if self._nested else set())
        self._plan = [(self._fields.index(sensor.written), sensor.bit) for sensor in machine.sensors]
        self._words = machine.csv.values
        self._texts = {f"text_{place}": name for place, name in enumerate(machine.texts)}
        self._read_time = time_reader(machine)
        self._decode = msgspec.json.Decoder(found_type(machine)).decode
        inner = "sensors." if self._nested else ""
        self._field_values = attrgetter(*(f"{inner}field_{place}" for place in range(len(self._fields))))
        self._reading: Any = msgspec.defstruct("Reading", ["id", "device", "time", "sensors"], gc=False)
        self._sensors: Any = msgspec.defstruct("Sensors", list(machine.sensor_names), gc=False)
        self._flags: dict[str, int] = {}
        """Texts of flags that were read, with their numbers: few different ones are ever seen."""

    def read(self, value: bytes) -> tuple[Reading, bytes | None]:
        """The reading, and as a JSON object what else its message holds; None: nothing.

        Raises InvalidReading, and what msgspec raises (see `why_invalid`).
        """
        schema, body = unframed(value) if self._shape.framing == "confluent" else (None, value)
        found: Found = self._decode(body)  # type: ignore[assignment]  # the type was made for it
        if self._check is not None and schema is not None:
            self._check(schema, body)
        if self._texts and b"\\u0000" in body:
            refuse_nul(found, self._texts)
        time = found.time if self._read_time is None else self._read_time(found.time)
        fields = self._field_values(found)
        fields = fields if len(self._fields) > 1 else (fields,)
        values = [fields[at] if bit is None else self._flag(fields[at], bit, at) for at, bit in self._plan]
        reading: Reading = self._reading(found.id, found.device, time, self._sensors(*values))
        if self._words:
            put_numbers(reading.sensors, self._words)
        return reading, self._others(body, fields)

    def _flag(self, text: str | None, bit: int, field: int) -> float | None:
        if text is None:
            return None
        flags = self._flags.get(text)
        if flags is None:
            if (flags := read_flags(text)) is None:
                raise msgspec.ValidationError(f"{text[:20]!a} is {NO_FLAGS} - at `$.{self._fields[field]}`")
            if len(self._flags) < _MOST_TEXTS:
                self._flags[text] = flags
        return float(flags >> bit & 1)

    def _others(self, body: bytes, fields: Sequence[float | str | None]) -> bytes | None:
        """Text fields and unknown ones. The usual message is recognised as `unknown_fields` does."""
        present = sum(value is not None and value == value for value in fields)
        if body.count(b'":') == present + len(self._heads) and b"\\" not in body:
            return None
        found = _raw_object(body)
        known = self._heads if self._nested else self._heads.union(self._fields)
        extra: dict[str, object] = {name: raw for name, raw in found.items() if name not in known}
        if self._nested:
            sensors = _raw_object(found["sensors"])
            if more := {name: raw for name, raw in sensors.items() if name not in self._fields}:
                extra["sensors"] = more
        return msgspec.json.encode(extra) if extra else None
