"""A film as the older system names its columns."""

import math
from collections.abc import Mapping

from fastapi import HTTPException

from api.older.rolling import lacks_earlier
from core.batch import MOST
from core.machine import Machine


def row_of(machine: Machine, film: Mapping[str, float | str | None]) -> list[float]:
    """Its sensors in the machine's order, NaN for absent; other fields, such as the sample's number, are no input.

    HTTPException 422 names what is missing, no number or none of the words, and says where readings before it belong.
    """
    columns = [machine.csv.columns.get(name, name) for name in machine.sensor_names]
    required = [column for column, sensor in zip(columns, machine.sensors, strict=True) if not sensor.optional]
    if missing := [column for column in required if film.get(column) is None]:
        raise HTTPException(422, f"data_test lacks {', '.join(missing)}.")
    if lacking := lacks_earlier(machine, film):
        raise HTTPException(422, f"{lacking}.")
    words = machine.csv.values
    return [
        _number(column, film.get(column), words.get(name, {}))
        for name, column in zip(machine.sensor_names, columns, strict=True)
    ]


def _number(column: str, value: float | str | None, words: Mapping[str, float]) -> float:
    if value is None:
        return math.nan
    if words:
        if value not in words:
            raise HTTPException(422, f"{column} is one of {', '.join(words)}, and not {value!a:.60}.")
        return words[str(value)]
    if isinstance(value, str) or not abs(value) <= MOST:
        raise HTTPException(422, f"{column} is no number: {value!a:.60}.")
    return float(value)
