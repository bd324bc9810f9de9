"""The champions that a process answers with, and what pushed their answers."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from consumer.models import ModelKeeper
from core.batch import Floats
from core.errors import UserError
from core.explanation import SensorPush, pushes_of
from core.machine import Machine
from core.ports.models import Model
from core.prediction import ModelVersion
from model.explain import Explainer
from model.scorer import FaultModel


class ServedModels:
    """Follows the champions as a consumer does."""

    def __init__(self, keeper: ModelKeeper) -> None:
        self._keeper = keeper

    def in_service(self) -> Mapping[str, Model]:
        """Those that serve from now on: what was loaded meanwhile is swapped in. Raises what ended the loading."""
        self._keeper.swap(lambda _: None)
        return self._keeper.in_service


class _Prepared(NamedTuple):
    version: ModelVersion
    explainer: Explainer


class ServedExplanations:
    """Explains what was just scored; the last model of each machine stays prepared."""

    def __init__(self) -> None:
        self._prepared: dict[str, _Prepared] = {}

    def explain(self, machine: Machine, model: Model, sensors: Floats) -> Sequence[Sequence[SensorPush]]:
        """Which sensors pushed each row's prediction. UserError where such a model cannot be explained."""
        prepared = self._prepared.get(machine.name)
        if prepared is None or prepared.version != model.version:
            if not isinstance(model, FaultModel):
                raise UserError(f"{model.version} cannot be explained")
            prepared = self._prepared[machine.name] = _Prepared(model.version, Explainer(model.pipeline))
        return pushes_of(machine, model.usual, sensors, prepared.explainer.contributions(sensors))
