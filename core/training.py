"""What training needs of the database: labels, version numbers, promotions and requests."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from core.batch import Bools, Floats
from core.label import Verdict
from core.machine import Machine
from core.prediction import ModelVersion
from core.stored_report import StoredReport
from core.training_options import TrainingOptions


@dataclass(frozen=True, slots=True)
class LabelledIncident:
    """The readings that one effective label judges."""

    label: int
    alert: int | None
    """None: a person reported it, no alert told of it."""
    verdict: Verdict
    sensors: Floats
    """Shape (readings, sensors) in the machine's order and the readings' order; only readings that were scored."""
    asked: bool = False
    """It answers a question about a single reading that raised no alert."""
    held_back: bool = False
    """It judges models, and never trains one."""
    settled: bool = False
    """An engineer said so."""
    weight: float = 1.0
    """Of a question: how many readings it stands for."""
    audit: bool = False
    """It answers a question about a reading that was drawn among all."""
    said: datetime | None = None
    """When, by the database's clock."""
    defect: str = ""
    """That the person named; empty: none, or the machine has one kind of fault."""
    named: Bools | None = None
    """Readings that this speaks of, shape (readings,): those that the model took for the same defect as the one that
    the alert told of. None: all."""
    value: float | None = None
    """That the person measured, of task `regression`; None: nobody did."""
    held: bool = False
    """It is unusual and waits for an engineer: it neither trains nor judges."""


class TrainingLabels(Protocol):
    """What people said."""

    def effective(self, machine: Machine) -> Sequence[LabelledIncident]:
        """The latest label of each incident, and each report, oldest first; a reading counts with its latest one."""


@dataclass(frozen=True, slots=True)
class StoredVersion:
    """A model version as the database knows it: where its signed manifest lies and which bytes it must name."""

    version: ModelVersion
    manifest_key: str
    manifest_version_id: str
    sha256: str
    """Of the model's bytes."""


@dataclass(frozen=True, slots=True)
class NewVersion:
    """What is recorded of a version once its bytes and its manifest are in the bucket."""

    stored: StoredVersion
    model_key: str
    model_version_id: str
    algorithm: str
    threshold: float
    metrics: Mapping[str, object]
    lineage: Mapping[str, object]
    created_by: str
    report: StoredReport


class VersionIndex(Protocol):
    """Where versions lie."""

    def find(self, version: ModelVersion) -> StoredVersion | None:
        """None where there is no such version."""


class Numbering(Protocol):
    """The right to record one version under the next number; nobody else has it meanwhile."""

    @property
    def version(self) -> ModelVersion:
        """The name that the new version will have."""

    def record(self, new: NewVersion) -> None:
        """Record the version; it counts when the numbering ends without an error."""


class ModelVersions(VersionIndex, Protocol):
    """The versions of every machine."""

    def numbering(self, machine: Machine) -> AbstractContextManager[Numbering]:
        """The next number of the machine, ours until the block ends."""


class Promotions(Protocol):
    """Who is champion, and since when by whose decision."""

    def champion(self, machine: str) -> ModelVersion | None:
        """The version in service; None before the first promotion."""

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
        """Make it champion and tell every consumer. UserError where another than `instead_of` is champion by now."""


@dataclass(frozen=True, slots=True)
class TrainingRequest:
    """A request for a new model, taken by one trainer."""

    id: int
    machine: str
    asked_by: str
    options: TrainingOptions
    tries: int


class TrainingQueue(Protocol):
    """Durable requests, one at a time a machine, leased on database time."""

    def claim(self, worker: str, machines: Sequence[str], lease_s: float) -> TrainingRequest | None:
        """The oldest request that nobody works on; one whose trainer fell silent is taken over, a few times."""

    def renew(self, request: TrainingRequest, worker: str, lease_s: float, progress: str | None = None) -> bool:
        """Keep the request, add a line of progress; False: another trainer has it now."""

    def release(self, request: TrainingRequest, worker: str, reason: str, *, after_s: float, counts: bool) -> None:
        """Give it back, for a try that many seconds from now; `counts`: this was a try."""

    def finish(self, request: TrainingRequest, worker: str, state: str, result: Mapping[str, object]) -> bool:
        """It is `promoted`, `refused`, `trained` (a dry run) or `failed`; False: another trainer has it now."""
