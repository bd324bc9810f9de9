"""The message: bytes become a typed reading once, here."""

import math
import uuid
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Protocol

import msgspec
from msgspec import Raw, Struct

from consumer.clock import time_reader, time_type
from consumer.words import Words, put_numbers, sensor_type
from core.errors import InvalidReading
from core.machine import Machine

_TOP_LEVEL = frozenset({"id", "device", "time", "sensors"})
_REASON_LIMIT = 300
_ZONELESS = "with a timezone component"


class Reading(Protocol):
    """One decoded message. Its sensors are a struct of `float | None`: those that are sent, in order; NaN: absent."""

    id: uuid.UUID
    device: str
    time: datetime
    sensors: Struct


class UsualReading(Protocol):
    """One message in the usual form: its id and time are texts still."""

    id: str
    device: str
    time: str
    sensors: Struct


def reading_decoder(machine: Machine) -> Callable[[bytes], Reading]:
    """The exact decoder: it says what is a reading and what is not. Words of `[csv.values]` become their numbers.

    Every sensor may be absent or null: a missing required one is doubtful quality, not a bad message. Raises
    msgspec.DecodeError, UnicodeDecodeError or RecursionError; see `why_invalid`.
    """
    fields = [("id", uuid.UUID), ("device", str), ("time", time_type(machine))]
    texts = [(name, str | None, None) for name in machine.texts]
    words = machine.csv.values
    decoder = _decoder(machine, fields, texts, words, forbid_unknown_fields=False)
    read_time = time_reader(machine)
    if read_time is None and not machine.texts and not words:
        return decoder

    def decode(value: bytes) -> Reading:
        reading: Reading = decoder(value)
        if read_time is not None:
            reading.time = read_time(reading.time)
        if b"\\u0000" in value:
            refuse_nul(reading, {name: name for name in machine.texts})
        if words:
            put_numbers(reading.sensors, words)
        return reading

    return decode


def refuse_nul(reading: object, texts: Mapping[str, str]) -> None:
    """Raises msgspec.ValidationError where a text has the character that Postgres does not take.

    `texts`: attribute of the decoded message → its field's name.
    """
    for attribute, name in texts.items():
        if "\0" in (getattr(reading, attribute) or ""):
            raise msgspec.ValidationError(f"Text with the character U+0000 - at `$.{name}`")


def usual_decoder(machine: Machine) -> Callable[[bytes], UsualReading]:
    """A decoder for most messages, twice as fast: it refuses unknown fields and words, and looks not into id and time.

    Raises what the exact decoder raises.
    """
    return _decoder(machine, [("id", str), ("device", str), ("time", str)], [], {}, forbid_unknown_fields=True)


def _decoder(
    machine: Machine,
    fields: list[tuple[str, Any]],
    optional: list[tuple[str, Any, Any]],
    words: Words,
    *,
    forbid_unknown_fields: bool,
) -> Callable[[bytes], Any]:
    sensors = msgspec.defstruct(
        "Sensors",
        [(name, sensor_type(words.get(name)) | None, math.nan) for name in machine.sent.sensor_names],
        gc=False,
        forbid_unknown_fields=forbid_unknown_fields,
    )
    reading = msgspec.defstruct(
        "Reading", [*fields, ("sensors", sensors), *optional], gc=False, forbid_unknown_fields=forbid_unknown_fields
    )
    return msgspec.json.Decoder(reading).decode


DECODE_ERRORS = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def why_invalid(error: Exception) -> InvalidReading:
    """A decoder's error as the reason of a dead letter."""
    if isinstance(error, RecursionError):
        return InvalidReading("decode", "nested too deeply")
    hint = "; name its zone with time_zone in the machine's file" if _ZONELESS in str(error) else ""
    return InvalidReading("decode", str(error)[:_REASON_LIMIT] + hint)


_raw_object = msgspec.json.Decoder(dict[str, Raw]).decode


def unknown_fields(value: bytes, machine: Machine, sensors_present: int) -> bytes | None:
    """Text fields and unknown sensors of a message that decoded, as a JSON object; None where there are none.

    The usual message is recognised by its count of `":` alone: every member of an object has one, unless white space
    stands before the colon, and no string has one without a backslash before it.
    """
    if value.count(b'":') == len(_TOP_LEVEL) + sensors_present and b"\\" not in value:
        return None
    fields = _raw_object(value)
    extra: dict[str, object] = {name: raw for name, raw in fields.items() if name not in _TOP_LEVEL}
    names = set(machine.sent.sensor_names)
    if others := {name: raw for name, raw in _raw_object(fields["sensors"]).items() if name not in names}:
        extra["sensors"] = others
    return msgspec.json.encode(extra) if extra else None
