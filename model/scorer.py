"""A model in service: core.ports.models.Model on a fitted pipeline."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from sklearn.pipeline import Pipeline

from core.batch import Floats, Integers
from core.prediction import ModelVersion, Predictions, UsualRange
from model.answers import (
    beyond_limits,
    defect_probabilities,
    predicted_values,
    probabilities,
    tells_defects,
    tells_value,
)


@dataclass(frozen=True, slots=True)
class FaultModel:
    """A verified version of a machine's model, whatever its task."""

    version: ModelVersion
    usual: Mapping[str, UsualRange]
    threshold: float
    pipeline: Pipeline

    def predict(self, sensors: Floats) -> Predictions:
        """Probabilities of rows of shape (n, sensors), NaN for absent: the same bits alone and in a batch."""
        values = predicted_values(self.pipeline, sensors) if tells_value(self.pipeline) else None
        scores = probabilities(self.pipeline, sensors) if values is None else beyond_limits(self.pipeline, values)
        faults = scores >= self.threshold
        classes = np.zeros(len(scores), dtype=np.int16)
        if not tells_defects(self.pipeline):
            return Predictions(self.version, scores, classes, faults, values=values)
        found = _class_probabilities(self.pipeline, sensors[faults], scores[faults])
        classes[faults] = likeliest_defect(found)
        defects = np.full((len(scores), found.shape[1]), np.nan)
        defects[faults] = found
        return Predictions(self.version, scores, classes, faults, defects=defects)

    def class_probabilities(self, sensors: Floats) -> Floats | None:
        """Of each class, shape (n, classes), also where no fault is; None where it tells no defects apart."""
        if not tells_defects(self.pipeline):
            return None
        return _class_probabilities(self.pipeline, sensors, probabilities(self.pipeline, sensors))


def likeliest_defect(found: Floats) -> Integers:
    """The number of the likeliest class that calls somebody, shape (n,), of probabilities of each class."""
    return np.asarray(1 + found[:, 1:].argmax(axis=1), dtype=np.int64)


def _class_probabilities(pipeline: Pipeline, sensors: Floats, scores: Floats) -> Floats:
    which = defect_probabilities(pipeline, sensors)
    return np.column_stack([1 - scores, which * scores[:, np.newaxis]])
