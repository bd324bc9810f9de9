"""What is answered of readings that were sent to be scored."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from api.v1.described import Described
from core.answered_rows import AnsweredRows
from core.defect import LikelyDefect, likeliest
from core.explanation import PushedRow, SensorPush
from core.machine import Machine
from core.prediction import Predictions

MOST_EXPLAINED = 100
_LIKELY = [
    {"defect": "Stains", "probability": 0.9018},
    {"defect": "Other_Faults", "probability": 0.0564},
    {"defect": "K_Scatch", "probability": 0.028},
]


class Likely(Described):
    """A defect that a reading may show, and how probable it is."""

    defect: str
    probability: float


class Push(Described):
    """How far a sensor pushed the model's answer before calibration; above 0: towards what `spoke_for` names."""

    sensor: str
    value: float | None
    unit: str
    usual: tuple[float, float] | None
    """1st and 99th percentile of the healthy readings that the model learnt from."""
    push: float


class Prediction(Described):
    """What the model says of a reading."""

    fault: bool | None
    """Whether it passes the alarm threshold; null: it was not scored."""
    probability: float | None
    """Of a fault, calibrated; null: it was not scored."""
    defect: str | None
    """The likeliest one of a fault, where the machine has several; else null."""
    defects: Annotated[list[Likely], Field(examples=[_LIKELY])]
    """The three likeliest of a fault, the likeliest first, as an alert tells them; among them also what calls nobody,
    where the machine's file lists it as a defect. Empty: no fault, not scored, or the machine has one kind of it."""
    value: float | None
    """That is predicted, where the machine's task is regression; else null, and where it was not scored."""
    problems: list[str]
    """Why it was not."""
    spoke_for: Annotated[str | None, Field(examples=["Stains"])] = None
    """What pushes above 0 speak for: `a fault`; of a fault where the machine has several defects, the likeliest one;
    where a value is predicted, `a higher …` or `a lower …` one, towards the limit that it is nearer to. Null: there is
    no explanation."""
    explanation: list[Push] | None = None
    """The strongest push towards that first; null: not asked for, or not scored."""


class Answer(BaseModel):
    """The verdict on one reading."""

    model_config = ConfigDict(protected_namespaces=())

    machine: str
    model_version: int
    verdict: Prediction


class AnswerMany(BaseModel):
    """The verdicts on readings, in their order, all by one model version."""

    model_config = ConfigDict(protected_namespaces=())

    machine: str
    model_version: int
    verdicts: list[Prediction]


def verdicts_of(machine: Machine, scored: AnsweredRows, explained: Sequence[PushedRow] | None) -> list[Prediction]:
    """Each row's verdict."""
    return [
        Prediction(problems=list(problems), fault=None, probability=None, defect=None, defects=[], value=None)
        if problems
        else _verdict(machine, scored.predictions, row, None if explained is None else explained[row])
        for row, problems in enumerate(scored.problems)
    ]


def _verdict(machine: Machine, said: Predictions, row: int, explained: PushedRow | None) -> Prediction:
    fault = bool(said.faults[row])
    likely = likeliest(machine, said.defects[row].tolist()) if fault and said.defects is not None else ()
    return Prediction(
        fault=fault,
        probability=float(said.scores[row]),
        defect=machine.classes[said.classes[row]] if machine.classes and fault else None,
        defects=likely_of(likely),
        value=None if said.values is None else float(said.values[row]),
        problems=[],
        spoke_for=None if explained is None else explained.spoke_for or "a fault",
        explanation=None if explained is None else [_push(one) for one in explained.sensors],
    )


def likely_of(defects: Sequence[LikelyDefect]) -> list[Likely]:
    """As they are told."""
    return [Likely(defect=one.defect, probability=one.probability) for one in defects]


def _push(one: SensorPush) -> Push:
    usual = None if one.usual is None else (one.usual.low, one.usual.high)
    return Push(sensor=one.sensor, value=one.value, unit=one.unit, usual=usual, push=one.push)
