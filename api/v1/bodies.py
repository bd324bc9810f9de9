"""What is sent to be scored, and what is answered."""

from collections.abc import Mapping, Sequence
from typing import Annotated

import numpy as np
from fastapi import HTTPException
from pydantic import BaseModel, ConfigDict, Field

from core.answered_rows import AnsweredRows
from core.batch import MOST, Floats
from core.explanation import SensorPush
from core.machine import Machine

MOST_READINGS = 10_000
MOST_EXPLAINED = 100

Number = Annotated[float, Field(strict=True, allow_inf_nan=False, ge=-MOST, le=MOST)]
Sensors = Annotated[
    dict[Annotated[str, Field(max_length=48)], Number | None],
    Field(max_length=1000, examples=[{"temperature": 71.5, "vibration": 1.6, "humidity": 50.2}]),
]


class Sent(BaseModel):
    """A reading: its sensors by name; null and absent mean the same."""

    model_config = ConfigDict(extra="forbid")

    sensors: Sensors


class SentMany(BaseModel):
    """Readings."""

    model_config = ConfigDict(extra="forbid")

    readings: Annotated[list[Sent], Field(min_length=1, max_length=MOST_READINGS)]


class Push(BaseModel):
    """How far a sensor pushed the model's answer before calibration; above 0: towards a fault."""

    sensor: str
    value: float | None
    unit: str
    usual: tuple[float, float] | None
    """1st and 99th percentile of the healthy readings that the model learnt from."""
    push: float


class Verdict(BaseModel):
    """What the model says of a reading."""

    fault: bool | None
    """Whether it passes the alarm threshold; null: it was not scored."""
    probability: float | None
    """Of a fault, calibrated; null: it was not scored."""
    defect: str | None
    """The likeliest one of a fault, where the machine has several; else null."""
    value: float | None
    """That is predicted, where the machine's task is regression; else null, and where it was not scored."""
    problems: list[str]
    """Why it was not."""
    explanation: list[Push] | None = None
    """The strongest push towards a fault first; null: not asked for, or not scored."""


class Answer(BaseModel):
    """The verdict on one reading."""

    model_config = ConfigDict(protected_namespaces=())

    machine: str
    model_version: int
    verdict: Verdict


class AnswerMany(BaseModel):
    """The verdicts on readings, in their order, all by one model version."""

    model_config = ConfigDict(protected_namespaces=())

    machine: str
    model_version: int
    verdicts: list[Verdict]


def rows_of(machine: Machine, readings: Sequence[Mapping[str, float | None]]) -> Floats:
    """Shape (n, sensors), NaN for absent. HTTPException 422 names a sensor that the machine does not have."""
    place = {name: column for column, name in enumerate(machine.sensor_names)}
    rows = np.full((len(readings), len(place)), np.nan)
    for row, sensors in enumerate(readings):
        for name, value in sensors.items():
            if name not in place:
                known = ", ".join(machine.sensor_names)
                raise HTTPException(422, f"reading {row}: {machine.name} has no sensor {name!a}; it has {known}")
            rows[row, place[name]] = np.nan if value is None else value
    return rows


def verdicts_of(
    machine: Machine, scored: AnsweredRows, explained: Sequence[Sequence[SensorPush]] | None
) -> list[Verdict]:
    """Each row's verdict."""
    said = scored.predictions
    found = zip(said.scores.tolist(), said.faults.tolist(), said.classes.tolist(), scored.problems, strict=True)
    return [
        Verdict(
            fault=None if problems else fault,
            probability=None if problems else score,
            defect=machine.classes[number] if machine.classes and fault else None,
            value=None if problems or said.values is None else float(said.values[row]),
            problems=list(problems),
            explanation=None if explained is None or problems else [_push(one) for one in explained[row]],
        )
        for row, (score, fault, number, problems) in enumerate(found)
    ]


def _push(one: SensorPush) -> Push:
    usual = None if one.usual is None else (one.usual.low, one.usual.high)
    return Push(sensor=one.sensor, value=one.value, unit=one.unit, usual=usual, push=one.push)
