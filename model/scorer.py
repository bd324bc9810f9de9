"""A model in service: core.ports.models.Model on a fitted pipeline."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from sklearn.pipeline import Pipeline

from core.batch import Floats
from core.prediction import ModelVersion, Predictions, UsualRange
from model.pipeline import probabilities


@dataclass(frozen=True, slots=True)
class FaultModel:
    """A verified version of task `fault`."""

    version: ModelVersion
    usual: Mapping[str, UsualRange]
    threshold: float
    pipeline: Pipeline

    def predict(self, sensors: Floats) -> Predictions:
        """Probabilities of rows of shape (n, sensors), NaN for absent: the same bits alone and in a batch."""
        scores = probabilities(self.pipeline, sensors)
        return Predictions(self.version, scores, np.zeros(len(scores), dtype=np.int16), scores >= self.threshold)
