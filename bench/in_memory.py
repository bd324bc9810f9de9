"""A trainer whose bucket and database are this process's memory: the same steps and the same gate, without servers."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from core.errors import ModelRefused
from core.history import History
from core.machine import Machine
from core.prediction import ModelVersion
from core.recent_alarms import Recent, no_readings
from core.training import LabelledIncident, NewVersion, StoredVersion
from core.training_options import TrainingOptions
from model.base_data import base_data
from model.cache import ModelCache
from model.contest import Contest, contest
from model.fit import train
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
        bucket, versions = _Bucket(), _Versions()
        self._machine = machine
        self._labels = _Labels()
        self._recent = _Recent()
        self._release = Release(
            bucket=bucket,
            versions=versions,
            promotions=_Promotions(),
            models=VerifiedModels(bucket, versions, TrustedKeys(public), ModelCache(folder)),
            labels=self._labels,
            recent=self._recent,
            signer=Signer(private),
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

    def retrain(self) -> Outcome:
        """A challenger that learns from the labels, through the gate."""
        return retrain(self._release, self._machine, TrainingOptions(), "bench", _quietly, Budget())

    def challenge(
        self, history: History, recipe: Recipe, labels: Sequence[LabelledIncident], recent: Recent
    ) -> tuple[Contest, FaultModel]:
        """What the gate says of a challenger trained on these, which is not published, and the challenger."""
        candidate = train(self._machine, history, recipe, labels, _quietly)
        base = base_data(self._machine, history)
        release = self._release
        gate = contest(candidate, base.sha256, self.champion().version, release.models, labels, recent)
        version = ModelVersion(self._machine.name, 0)
        return gate, FaultModel(version, candidate.usual, candidate.metrics.threshold, candidate.pipeline)

    def champion(self) -> FaultModel:
        """The model in service."""
        version = self._release.promotions.champion(self._machine.name)
        assert version is not None, "the first model is promoted as it is"
        return self._release.models.load(self._machine, version)


def _quietly(_: str) -> None:
    pass


class _Bucket:
    """model.bucket.Bucket."""

    def __init__(self) -> None:
        self._versions: dict[tuple[str, str], bytes] = {}

    def put(self, key: str, content: bytes, content_type: str) -> str:
        version_id = f"{content_type} {uuid.uuid4().hex}"
        self._versions[key, version_id] = content
        return version_id

    def get(self, key: str, version_id: str, at_most: int) -> bytes:
        content = self._versions.get((key, version_id))
        if content is None or len(content) > at_most:
            raise ModelRefused(f"{key} version {version_id} is not in the bucket, or larger than {at_most} bytes")
        return content

    def newest(self, key: str) -> bytes | None:
        found = [content for (name, _), content in self._versions.items() if name == key]
        return found[-1] if found else None

    def has(self, key: str) -> bool:
        return self.newest(key) is not None


@dataclass
class _Numbering:
    version: ModelVersion
    recorded: StoredVersion | None = None

    def record(self, new: NewVersion) -> None:
        self.recorded = new.stored


class _Versions:
    """core.training.ModelVersions."""

    def __init__(self) -> None:
        self._stored: dict[ModelVersion, StoredVersion] = {}

    def find(self, version: ModelVersion) -> StoredVersion | None:
        return self._stored.get(version)

    @contextmanager
    def numbering(self, machine: Machine) -> Iterator[_Numbering]:
        numbering = _Numbering(ModelVersion(machine.name, len(self._stored) + 1))
        yield numbering
        if numbering.recorded is not None:
            self._stored[numbering.version] = numbering.recorded


class _Promotions:
    """core.training.Promotions."""

    def __init__(self) -> None:
        self._champions: dict[str, ModelVersion] = {}

    def champion(self, machine: str) -> ModelVersion | None:
        return self._champions.get(machine)

    def promote(
        self,
        version: ModelVersion,
        *,
        instead_of: ModelVersion | None,
        kind: str,
        decided_by: str,
        reason: str,
        gate: Mapping[str, object],
    ) -> None:
        self._champions[version.machine] = version


@dataclass
class _Recent:
    """core.recent_alarms.RecentReadings."""

    readings: Recent | None = None

    def latest(self, machine: Machine, count: int) -> Recent:
        return self.readings or no_readings(machine)


@dataclass
class _Labels:
    """core.training.TrainingLabels."""

    incidents: list[LabelledIncident] = field(default_factory=list)

    def effective(self, machine: Machine) -> Sequence[LabelledIncident]:
        return list(self.incidents)
