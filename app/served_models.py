"""The champions that a process answers with, and what pushed their answers."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from consumer.models import ModelKeeper
from core.answered_rows import AnsweredRows
from core.errors import UserError
from core.explanation import Contributions, PushedRow, pushes_of, towards_limit
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

    def explain(self, machine: Machine, scored: AnsweredRows) -> Sequence[PushedRow]:
        """What pushed each row's prediction: of a fault of one of several defects, towards the likeliest.

        UserError where such a model cannot be explained.
        """
        explainer = self._explainer(machine, scored.model)
        if machine.target is not None:
            return _to_values(machine, scored, explainer)
        found: dict[int, PushedRow] = {}
        classes = scored.predictions.classes
        for number in np.unique(classes).tolist():
            rows = np.flatnonzero(classes == number)
            sensors = scored.sensors[rows]
            # 0: no fault, or a machine that has one kind of it.
            pushes = explainer.contributions_to_defect(sensors, number) if number else explainer.contributions(sensors)
            named = machine.classes[number] if number else ""
            pushed = pushes_of(machine, scored.model.usual, sensors, pushes)
            found |= {row: PushedRow(named, one) for row, one in zip(rows.tolist(), pushed, strict=True)}
        return [found[row] for row in range(len(classes))]

    def _explainer(self, machine: Machine, model: Model) -> Explainer:
        prepared = self._prepared.get(machine.name)
        if prepared is None or prepared.version != model.version:
            if not isinstance(model, FaultModel):
                raise UserError(f"{model.version} cannot be explained")
            prepared = self._prepared[machine.name] = _Prepared(model.version, Explainer(model.pipeline))
        return prepared.explainer


def _to_values(machine: Machine, scored: AnsweredRows, explainer: Explainer) -> Sequence[PushedRow]:
    """Towards the limit that each row's value is nearer to."""
    assert machine.target is not None, "its value is predicted"
    assert scored.predictions.values is not None, "its model predicts it"
    found = explainer.contributions(scored.sensors)
    explained = []
    for row, value in enumerate(scored.predictions.values.tolist()):
        of_row = Contributions(found.scale, found.base, found.pushes[row : row + 1])
        towards, turned = towards_limit(machine.target, of_row, value)
        (pushed,) = pushes_of(machine, scored.model.usual, scored.sensors[row : row + 1], turned)
        explained.append(PushedRow(towards, pushed))
    return explained
