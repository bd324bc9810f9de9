"""Predictions: what one model version says of the readings of a batch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from core.batch import Bools, Floats


class ModelVersion(NamedTuple):
    """The immutable name of one artefact."""

    machine: str
    number: int

    def __str__(self) -> str:
        return f"{self.machine} v{self.number}"


@dataclass(frozen=True, slots=True)
class Predictions:
    """One version's predictions, shape (n,) a column. A batch never mixes versions."""

    version: ModelVersion
    scores: Floats
    """Probability of a fault, of whichever defect, or that the value lies beyond a limit; NaN = not scored."""
    classes: npt.NDArray[np.int16]
    """Index of the predicted class; 0 where the task has none and, of task `defects`, where no fault is."""
    faults: Bools
    """Whether the reading passes the alarm threshold."""
    shadow: "Predictions | None" = None
    """What the version in the shadow says of the same readings: stored apart, and nobody hears of it."""
    defects: Floats | None = None
    """Of a machine with several defects: the probability of each class, shape (n, classes); NaN where no fault is.
    None: the machine has one kind of fault."""
    values: Floats | None = None
    """Of task `regression`: the predicted value, shape (n,); NaN = not scored. None: another task's."""

    def only(self, rows: Bools) -> "Predictions":
        """The same predictions with every other row not scored."""
        if rows.all():
            return self
        return replace(
            self,
            scores=np.where(rows, self.scores, np.nan),
            classes=np.where(rows, self.classes, 0).astype(np.int16),
            faults=self.faults & rows,
            shadow=self.shadow and self.shadow.only(rows),
            defects=None if self.defects is None else np.where(rows[:, np.newaxis], self.defects, np.nan),
            values=None if self.values is None else np.where(rows, self.values, np.nan),
        )

    def of(self, rows: Bools | slice) -> "Predictions":
        """The predictions of these rows alone, for a batch that lost the others."""
        return replace(
            self,
            scores=self.scores[rows],
            classes=self.classes[rows],
            faults=self.faults[rows],
            shadow=self.shadow and self.shadow.of(rows),
            defects=None if self.defects is None else self.defects[rows],
            values=None if self.values is None else self.values[rows],
        )


def joined(parts: Sequence[Predictions]) -> Predictions:
    """The predictions of one version, one part after the other; at least one part, and none with a shadow."""
    return Predictions(
        parts[0].version,
        np.concatenate([part.scores for part in parts]),
        np.concatenate([part.classes for part in parts]),
        np.concatenate([part.faults for part in parts]),
        defects=_joined([part.defects for part in parts], parts),
        values=_joined([part.values for part in parts], parts),
    )


def _joined(columns: Sequence[Floats | None], parts: Sequence[Predictions]) -> Floats | None:
    """NaN for a part without that column, which could not be scored; None where no part has it."""
    known = next((column for column in columns if column is not None), None)
    if known is None:
        return None
    rows = [
        np.full((len(part.scores), *known.shape[1:]), np.nan) if column is None else column
        for column, part in zip(columns, parts, strict=True)
    ]
    return np.concatenate(rows)


class UsualRange(NamedTuple):
    """Quantiles of one sensor over the healthy readings that the model was trained on."""

    low: float
    """1st percentile."""
    middle: float
    high: float
    """99th percentile."""


class StandOut(NamedTuple):
    """A sensor that lies outside its usual range."""

    sensor: str
    value: float
    low: float
    high: float
    excess: float
    """How far outside, in widths of the half of the range it left: 1.0 lies one half-width beyond the edge."""


def standing_out(values: Mapping[str, float], usual: Mapping[str, UsualRange], most: int = 3) -> Sequence[StandOut]:
    """The sensors farthest outside their usual ranges, worst first; absent (NaN) sensors never stand out."""
    found = []
    for sensor, value in values.items():
        if sensor not in usual or np.isnan(value):
            continue
        low, middle, high = usual[sensor]
        width = (high - middle) if value > high else (middle - low)
        distance = max(value - high, low - value)
        if distance > 0:
            found.append(StandOut(sensor, value, low, high, distance / max(width, 1e-12)))
    return sorted(found, key=lambda item: -item.excess)[:most]
