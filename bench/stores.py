"""What a trainer keeps in bucket and database, in memory: for benches and tests; tests/contract keeps it honest."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from core.errors import ModelRefused, UserError
from core.machine import Machine
from core.prediction import ModelVersion
from core.recent_alarms import Recent, no_readings
from core.stored_report import StoredReport
from core.training import LabelledIncident, NewVersion, StoredVersion


class MemoryBucket:
    """model.bucket.Bucket; tests may spoil what it holds."""

    def __init__(self) -> None:
        self.versions: dict[tuple[str, str], bytes] = {}

    def put(self, key: str, content: bytes, content_type: str) -> str:
        """Its id is random, as a server's is."""
        assert content_type
        version_id = uuid.uuid4().hex
        self.versions[key, version_id] = content
        return version_id

    def get(self, key: str, version_id: str, at_most: int) -> bytes:
        """One version."""
        content = self.versions.get((key, version_id))
        if content is None:
            raise ModelRefused(f"{key} version {version_id} is not in the bucket")
        if len(content) > at_most:
            raise ModelRefused(f"{key} is larger than {at_most} bytes")
        return content

    def newest(self, key: str) -> bytes | None:
        """The last one put."""
        found = [content for (name, _), content in self.versions.items() if name == key]
        return found[-1] if found else None

    def has(self, key: str) -> bool:
        """Whether any was."""
        return self.newest(key) is not None


@dataclass
class MemoryNumbering:
    """core.training.Numbering."""

    version: ModelVersion
    recorded: NewVersion | None = None

    def record(self, new: NewVersion) -> None:
        """To be stored under the number."""
        self.recorded = new


class MemoryVersions:
    """core.training.ModelVersions."""

    def __init__(self) -> None:
        self.stored: dict[ModelVersion, StoredVersion] = {}

    def find(self, version: ModelVersion) -> StoredVersion | None:
        """The version, where it was stored."""
        return self.stored.get(version)

    @contextmanager
    def numbering(self, machine: Machine) -> Iterator[MemoryNumbering]:
        """The machine's next number; what is recorded under it is stored when the block ends well."""
        taken = [version.number for version in self.stored if version.machine == machine.name]
        numbering = MemoryNumbering(ModelVersion(machine.name, max(taken, default=0) + 1))
        yield numbering
        if numbering.recorded is not None:
            self.stored[numbering.version] = numbering.recorded.stored


@dataclass
class MemoryPromotions:
    """core.training.Promotions."""

    versions: MemoryVersions
    log: list[tuple[ModelVersion, str, str]] = field(default_factory=list)

    def champion(self, machine: str) -> ModelVersion | None:
        """The last one promoted."""
        return next((version for version, _, _ in reversed(self.log) if version.machine == machine), None)

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
        """UserError where another one became champion meanwhile, or the version is not stored."""
        assert reason, "a promotion has a reason"
        assert isinstance(gate, Mapping), "the gate's numbers are kept"
        if self.champion(version.machine) != instead_of:
            raise UserError(f"{self.champion(version.machine)} became champion meanwhile")
        if self.versions.find(version) is None:
            raise UserError(f"there is no {version}")
        self.log.append((version, kind, decided_by))


@dataclass
class MemoryLabels:
    """core.training.TrainingLabels."""

    incidents: list[LabelledIncident] = field(default_factory=list)

    def effective(self, machine: Machine) -> Sequence[LabelledIncident]:
        """All of them."""
        assert machine.name
        return list(self.incidents)


@dataclass
class MemoryRecentReadings:
    """core.recent_alarms.RecentReadings."""

    readings: Recent | None = None

    def latest(self, machine: Machine, count: int) -> Recent:
        """Those it was given."""
        assert count > 0
        return self.readings or no_readings(machine)


@dataclass
class MemoryTrainingReports:
    """core.training_report.TrainingReports."""

    kept: list[StoredReport] = field(default_factory=list)

    def keep(self, machine: Machine, report: StoredReport) -> None:
        """Add it."""
        assert machine.name in report.key
        self.kept.append(report)
