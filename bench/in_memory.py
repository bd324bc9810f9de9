"""A trainer whose bucket and database are this process's memory: the same steps and the same gate, without servers."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from bench.stores import (
    MemoryBucket,
    MemoryLabels,
    MemoryPromotions,
    MemoryRecentReadings,
    MemoryTrainingReports,
    MemoryVersions,
)
from core.history import History
from core.machine import Machine
from core.prediction import ModelVersion
from core.recent_alarms import Recent
from core.training import LabelledIncident
from core.training_options import TrainingOptions
from model.base_data import base_data
from model.cache import ModelCache
from model.contest import Contest
from model.fit import train
from model.meeting import meet
from model.recipe import Recipe
from model.release import Outcome, Release
from model.retraining import retrain
from model.scorer import FaultModel
from model.search_budget import Budget
from model.signature import Signer, TrustedKeys, make_key_pair
from model.source import VerifiedModels


class Trainer:
    """Trains, signs, judges and promotes models of one machine. `labels` is what people said so far."""

    def __init__(self, machine: Machine, folder: Path) -> None:
        """Verified models are cached in the folder."""
        private, public = make_key_pair()
        bucket, versions = MemoryBucket(), MemoryVersions()
        self._machine = machine
        self._labels = MemoryLabels()
        self._recent = MemoryRecentReadings()
        self._release = Release(
            bucket=bucket,
            versions=versions,
            promotions=MemoryPromotions(versions),
            models=VerifiedModels(bucket, versions, TrustedKeys(public), ModelCache(folder)),
            labels=self._labels,
            recent=self._recent,
            signer=Signer(private),
            reports=MemoryTrainingReports(),
            render=lambda report: report.reason,  # a bench reads none
            now=lambda: datetime.now(UTC),
        )

    @property
    def labels(self) -> list[LabelledIncident]:
        """Oldest first; to be added to."""
        return self._labels.incidents

    def watched(self, recent: Recent) -> None:
        """The latest readings, from now on."""
        self._recent.readings = recent

    def first(self, history: History, recipe: Recipe) -> FaultModel:
        """The first champion."""
        candidate = train(self._machine, history, recipe, [], _quietly)
        self._release.offer(candidate, base_data(self._machine, history), "bench", _quietly)
        return self.champion()

    def retrain(self, *, gated: bool = True) -> Outcome:
        """A challenger that learns from the labels, through the gate; without it, in service whatever it is worth."""
        champion = self.champion().version
        outcome = retrain(self._release, self._machine, TrainingOptions(), "bench", _quietly, Budget())
        if not gated and not outcome.promoted:
            assert outcome.version is not None, "it was published"
            version = ModelVersion(self._machine.name, outcome.version)
            self._release.promotions.promote(
                version, instead_of=champion, kind="override", decided_by="bench", reason="no gate", gate={}
            )
        return outcome

    def challenge(
        self, history: History, recipe: Recipe, labels: Sequence[LabelledIncident], recent: Recent
    ) -> tuple[Contest, FaultModel]:
        """What the gate says of a challenger trained on these, which is not published, and the challenger."""
        candidate = train(self._machine, history, recipe, labels, _quietly)
        base = base_data(self._machine, history)
        release = self._release
        gate = meet(candidate, base.sha256, self.champion().version, release.models, release.bucket, labels, recent)
        version = ModelVersion(self._machine.name, 0)
        return gate, FaultModel(version, candidate.usual, candidate.metrics.threshold, candidate.pipeline)

    def champion(self) -> FaultModel:
        """The model in service."""
        version = self._release.promotions.champion(self._machine.name)
        assert version is not None, "the first model is promoted as it is"
        return self._release.models.load(self._machine, version)


def _quietly(_: str) -> None:
    pass
