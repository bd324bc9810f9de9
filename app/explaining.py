"""Explanations, wired: the stored reading, and from the bucket the very model version that scored it."""

import logging
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from app.machines import pick_machine
from app.models import model_source
from app.settings import Settings
from core.defect import likeliest
from core.errors import FaultlineError
from core.explanation import Explanation, ScoredReading, explanation, value_explanation
from core.machine import Machine
from core.meant_reading import OfAlert
from core.prediction import ModelVersion
from db.engine import Engine
from db.promotion_log import PostgresPromotionLog
from db.scored_readings import PostgresScoredReadings
from model.explain import Explainer
from model.manifest import Manifest
from model.scorer import FaultModel, likeliest_defect

_log = logging.getLogger(__name__)


class _Prepared(NamedTuple):
    model: FaultModel
    explainer: Explainer


class Explanations:
    """Explains readings; the last model of each machine stays prepared."""

    def __init__(self, settings: Settings, machines: Mapping[str, Machine], engine: Engine) -> None:
        """UserError where TRUSTED_KEYS holds no key."""
        # A cache of its own: in that of the consumers an older version would become the last good one.
        self._models = model_source(settings, engine, cache="explained")
        self._champions = PostgresPromotionLog(engine, "")
        self._machines = machines
        self._readings = PostgresScoredReadings(engine)
        self._prepared: dict[str, _Prepared] = {}

    def prepare(self) -> None:
        """Load what explains the champions, so that the first alert waits for nothing."""
        for machine in self._machines.values():
            try:
                if champion := self._champions.champion(machine.name):
                    self._prepare(machine, champion)
            except FaultlineError as error:  # an alert's own message says it
                _log.debug("%s is not explained yet: %s", machine.name, error)

    def of(self, alert: int) -> Explanation:
        """Which sensors pushed the prediction that opened the alert's incident.

        Raises UserError where there is no such reading, ModelRefused where its model cannot be trusted, Unavailable.
        """
        return self.explained(self._readings.of(OfAlert(alert)).reading)

    def explained(self, reading: ScoredReading) -> Explanation:
        """Which sensors pushed the reading's prediction. Raises UserError, ModelRefused, Unavailable."""
        machine = pick_machine(self._machines, reading.version.machine)
        model, explainer = self._prepare(machine, reading.version)
        row = np.array([reading.sensors])
        if (values := model.predict(row).values) is not None:
            return value_explanation(machine, model.usual, reading, explainer.contributions(row), float(values[0]))
        classes = model.class_probabilities(row)
        if classes is None:
            return explanation(machine, model.usual, reading, explainer.contributions(row))
        number = int(likeliest_defect(classes)[0])
        found = explainer.contributions_to_defect(row, number)
        likely = likeliest(machine, classes[0].tolist())
        return explanation(machine, model.usual, reading, found, likely, machine.classes[number])

    def manifest(self, version: ModelVersion) -> Manifest:
        """What the bucket says of the version, its signature proven. Raises UserError, ModelRefused, Unavailable."""
        return self._models.manifest(pick_machine(self._machines, version.machine), version)

    def _prepare(self, machine: Machine, version: ModelVersion) -> _Prepared:
        prepared = self._prepared.get(machine.name)
        if prepared is None or prepared.model.version != version:
            model = self._models.load(machine, version)
            prepared = self._prepared[machine.name] = _Prepared(model, Explainer(model.pipeline))
        return prepared
