"""Labels for training, wired: what is unusual is held for an engineer whenever they are read."""

from collections.abc import Mapping, Sequence

import msgspec

from core.batch import Floats
from core.errors import ModelRefused
from core.label import Verdict
from core.machine import Machine
from core.second_opinion import second_opinions
from core.training import LabelledIncident, Promotions, TrainingLabels
from core.unusual_labels import FEW, GivenAnswer, unusual
from db.label_holds import PostgresLabelHolds
from model.source import VerifiedModels


class HoldingLabels:
    """core.training.TrainingLabels that looks for unusual patterns first: at the moment of every training."""

    def __init__(
        self, labels: TrainingLabels, holds: PostgresLabelHolds, promotions: Promotions, models: VerifiedModels
    ) -> None:
        self._labels = labels
        self._holds = holds
        self._promotions = promotions
        self._models = models

    def effective(self, machine: Machine) -> Sequence[LabelledIncident]:
        """The labels that count, those that are held marked so. Raises Unavailable."""
        answers = self._holds.answers(machine.name)
        if sum(not one.decided for one in answers) >= FEW:
            opinions = self._opinions(machine, answers)
            answers = [msgspec.structs.replace(one, model=opinions.get(one.label)) for one in answers]
            self._holds.keep(machine.name, unusual(answers))
        return self._labels.effective(machine)

    def _opinions(self, machine: Machine, answers: Sequence[GivenAnswer]) -> Mapping[int, Verdict]:
        """What the champion is sure of, where it came after the alert and did not learn from the answer."""
        champion = self._promotions.champion(machine.name)
        if champion is None:
            return {}
        asked = {one.label for one in answers if one.version is not None and one.version < champion.number}
        if not asked:
            return {}
        try:
            taught = self._models.manifest(machine, champion).lineage.label_ids
            model = self._models.load(machine, champion)
        except ModelRefused:
            return {}  # the gate says so, with the reason

        def scores_of(sensors: Floats) -> Floats:
            return model.predict(sensors).scores

        incidents = [one for one in self._labels.effective(machine) if one.label in asked]
        return second_opinions(incidents, machine.incident, model.threshold, scores_of, taught)
