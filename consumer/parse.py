"""Messages become columns: by the thousand where they look as most do, else one by one."""

from collections.abc import Callable, Sequence
from itertools import chain
from operator import attrgetter

import msgspec
import numpy as np

from consumer.canonical import parse_ids, parse_times
from consumer.columns import Columns, merged
from consumer.message import (
    DECODE_ERRORS,
    Reading,
    UsualReading,
    reading_decoder,
    unknown_fields,
    usual_decoder,
    why_invalid,
)
from consumer.shaped import ShapedMessages
from core.batch import Floats, to_micros
from core.errors import InvalidReading
from core.machine import Machine
from core.rolling import with_places

_STRIDE = 256
"""Messages decoded in one go: in between, a thread back from Postgres or a model may have the interpreter."""


class Parser:
    """Parses one machine's messages. Each on its own: none can forge or harm its neighbour."""

    def __init__(self, machine: Machine, check: Callable[[int, bytes], None] | None = None) -> None:
        """`check`: see ShapedMessages."""
        self._machine = machine
        self._decode_usual = usual_decoder(machine)
        self._read = ShapedMessages(machine.sent, check).read if machine.has_own_messages else self._read_exactly
        self._decode_exactly = reading_decoder(machine)
        self._one_by_one = bool(machine.time_format) or machine.has_own_messages
        """Whether no message is in the usual form."""

    def parse(
        self, values: Sequence[bytes | None], rejected: dict[int, InvalidReading]
    ) -> tuple[Columns, dict[int, bytes]]:
        """The readings among `values` as columns, and the unknown fields of those that have some, by row.

        What is no reading is added to `rejected`, by row.
        """
        usual, others = self._usual(() if self._one_by_one else values)
        others = range(len(values)) if self._one_by_one else others
        exact, extras = self._exactly(values, others, rejected)
        return merged(usual, exact), extras

    def _usual(self, values: Sequence[bytes | None]) -> tuple[Columns, Sequence[int]]:
        """The messages in the usual form, and the rows of the others."""
        decode, others = self._decode_usual, []
        try:
            readings: list[UsualReading] = []
            for start in range(0, len(values), _STRIDE):
                readings += map(decode, values[start : start + _STRIDE])  # type: ignore[arg-type]  # a tombstone raises
            rows = np.arange(len(values))
        except (TypeError, *DECODE_ERRORS):
            readings, found = [], []
            for row, value in enumerate(values):
                try:
                    readings.append(decode(value))  # type: ignore[arg-type]  # as above
                    found.append(row)
                except (TypeError, *DECODE_ERRORS):
                    others.append(row)
            rows = np.array(found, dtype=np.int64)
        ids, id_is_usual = parse_ids(list(map(_id, readings)))
        times, time_is_usual = parse_times(list(map(_time, readings)))
        usual = id_is_usual & time_is_usual
        columns = Columns(rows, ids, list(map(_device, readings)), times, self._sensors(readings)).only(usual)
        return columns, sorted([*others, *rows[~usual].tolist()])

    def _exactly(
        self, values: Sequence[bytes | None], rows: Sequence[int], rejected: dict[int, InvalidReading]
    ) -> tuple[Columns, dict[int, bytes]]:
        extras: dict[int, bytes] = {}
        decoded = ((row, self._reading(row, values[row], rejected, extras)) for row in rows)
        readings = {row: reading for row, reading in decoded if reading is not None}
        found = list(readings.values())
        columns = Columns(
            np.array(list(readings), dtype=np.int64),
            np.frombuffer(b"".join(reading.id.bytes for reading in found), dtype="V16"),
            list(map(_device, found)),
            np.array([to_micros(reading.time) for reading in found], dtype=np.int64),
            self._sensors(found),
        )
        return columns, extras

    def _reading(
        self, row: int, value: bytes | None, rejected: dict[int, InvalidReading], extras: dict[int, bytes]
    ) -> Reading | None:
        if value is None:
            rejected[row] = InvalidReading("decode", "tombstone")
            return None
        try:
            reading, extra = self._read(value)
        except InvalidReading as error:
            rejected[row] = error
            return None
        except DECODE_ERRORS as error:
            rejected[row] = why_invalid(error)
            return None
        if extra is not None:
            extras[row] = extra
        return reading

    def _read_exactly(self, value: bytes) -> tuple[Reading, bytes | None]:
        reading = self._decode_exactly(value)
        return reading, unknown_fields(value, self._machine, _present(reading))

    def _sensors(self, readings: Sequence[Reading] | Sequence[UsualReading]) -> Floats:
        """Shape (n, sensors); NaN for absent and for null, and for rolling ones."""
        shape = len(readings), len(self._machine.sent.sensors)
        values = list(map(msgspec.structs.astuple, map(_sensors, readings)))
        try:
            flat = np.fromiter(chain.from_iterable(values), np.float64, shape[0] * shape[1])
        except TypeError:  # a null among them
            flat = np.array(values, dtype=np.float64)
        return with_places(self._machine, flat.reshape(shape))


def _present(reading: Reading) -> int:
    """How many of its sensors are there: neither absent (NaN) nor null."""
    return sum(value == value for value in msgspec.structs.astuple(reading.sensors) if value is not None)


_id = attrgetter("id")
_device = attrgetter("device")
_time = attrgetter("time")
_sensors = attrgetter("sensors")
