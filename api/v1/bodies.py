"""What is sent to be scored."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Annotated

import numpy as np
from fastapi import HTTPException
from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler
from pydantic_core import CoreSchema

from core.batch import MOST, Floats
from core.machine import Machine
from core.rolling import with_rolling

MOST_READINGS = 10_000

_FILM = {"grados_c": 25.6, "porc_humedad": 23, "estructura": "BOPP", **{f"calibre{at}": 16.4 for at in range(1, 6)}}


class _OneMistake:
    """Of what is neither one mistake is told, and not one for each.

    No validator of ours: with one a reading would take three times as long.
    """

    def __get_pydantic_core_schema__(self, source: type, handler: GetCoreSchemaHandler) -> CoreSchema:
        """As pydantic asks for it."""
        either = handler(source)
        assert either["type"] == "union", "it is number or word"
        message = f"Input should be a valid number, less than or equal to {MOST:g} either way, or a word"
        return {**either, "custom_error_type": "number_or_word", "custom_error_message": message}


Number = Annotated[float, Field(strict=True, allow_inf_nan=False, ge=-MOST, le=MOST)]
Word = Annotated[str, Field(strict=True)]
NumberOrWord = Annotated[Number | Word, _OneMistake()]
"""A word where the machine's file gives each word a number (`[csv.values]`)."""
Named = Mapping[str, float | str | None]
"""Sensor → what it reads."""
Sensors = Annotated[
    dict[Annotated[str, Field(max_length=48)], NumberOrWord | None],
    Field(max_length=1000, examples=[{"temperature": 71.5, "vibration": 1.6, "humidity": 50.2}, _FILM]),
]


class Sent(BaseModel):
    """A reading: its sensors by name, as messages have them; null and absent mean the same."""

    model_config = ConfigDict(extra="forbid")

    sensors: Sensors
    earlier: Annotated[list[Sensors] | None, Field(max_length=1000)] = None
    """Of machines with rolling sensors: the same device's readings before it, the oldest first, as many as the longest
    window has beside it; fewer of a device that has not sent more."""


class SentMany(BaseModel):
    """Readings."""

    model_config = ConfigDict(extra="forbid")

    readings: Annotated[list[Sent], Field(min_length=1, max_length=MOST_READINGS)]


def rows_of(machine: Machine, readings: Sequence[Sent]) -> Floats:
    """Shape (n, sensors), NaN for absent, rolling sensors computed.

    HTTPException 422 names a sensor that the machine does not have, a word that is none of its sensor's, and a reading
    without those before it.
    """
    if not machine.has_rolling:
        return _placed(machine, enumerate(reading.sensors for reading in readings))
    courses = [_course(machine, row, reading) for row, reading in enumerate(readings)]
    numbers = [row for row, course in enumerate(courses) for _ in course]
    rows = _placed(machine, zip(numbers, chain.from_iterable(courses), strict=True))
    given = [row for row, reading in enumerate(readings) if _names_rolling(machine, reading)]
    newest = np.cumsum([len(course) for course in courses]) - 1
    rolled = with_rolling(machine, list(map(str, numbers)), rows)
    found: Floats = rolled[newest]
    found[given] = rows[newest[given]]
    return found


def _course(machine: Machine, row: int, reading: Sent) -> list[Named]:
    """The reading and, before it, those that its rolling sensors are computed from."""
    if _names_rolling(machine, reading):
        return [reading.sensors]
    if reading.earlier is None:
        rolling = {sensor.name: sensor.rolling for sensor in machine.sensors if sensor.rolling is not None}
        longest = max(one.readings for one in rolling.values())
        raise HTTPException(
            422,
            f"reading {row}: {machine.name} computes {', '.join(rolling)} from the device's last readings: send the"
            f" {longest - 1} before this one as `earlier`, the oldest first (fewer of a device that has sent no more)",
        )
    return [*reading.earlier, reading.sensors]


def _names_rolling(machine: Machine, reading: Sent) -> bool:
    """Whether it says them itself, as a stored reading does."""
    return all(sensor.name in reading.sensors for sensor in machine.sensors if sensor.rolling is not None)


def _placed(machine: Machine, readings: Iterable[tuple[int, Named]]) -> Floats:
    """Shape (n, sensors) of sensors by name, each with the number of the reading that was sent."""
    place = {name: column for column, name in enumerate(machine.sensor_names)}
    rows = []
    for number, sensors in readings:
        row = [np.nan] * len(place)
        for name, value in sensors.items():
            if name not in place:
                known = ", ".join(machine.sensor_names)
                raise HTTPException(422, f"reading {number}: {machine.name} has no sensor {name!a}; it has {known}")
            if isinstance(value, str):
                row[place[name]] = _number_of(machine, number, name, value)
            elif value is not None:
                row[place[name]] = value
        rows.append(row)
    return np.array(rows, dtype=np.float64).reshape(len(rows), len(place))


def _number_of(machine: Machine, number: int, sensor: str, word: str) -> float:
    words = machine.csv.values.get(sensor)
    if words is None:
        raise HTTPException(422, f"reading {number}, {sensor}: Input should be a valid number, and is {word!a:.60}")
    if word not in words:
        raise HTTPException(422, f"reading {number}, {sensor}: {word!a:.60} is none of {', '.join(words)}")
    return words[word]
