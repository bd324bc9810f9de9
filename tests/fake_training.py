"""Version numbers, promotions and labels in memory; tests/contract keeps them honest."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from core.errors import UserError
from core.machine import Machine
from core.prediction import ModelVersion
from core.recent_alarms import Recent, no_readings
from core.training import LabelledIncident, NewVersion, StoredVersion


@dataclass
class FakeNumbering:
    version: ModelVersion
    recorded: NewVersion | None = None

    def record(self, new: NewVersion) -> None:
        self.recorded = new


class FakeVersions:
    """core.training.ModelVersions."""

    def __init__(self) -> None:
        self.stored: dict[ModelVersion, StoredVersion] = {}

    def find(self, version: ModelVersion) -> StoredVersion | None:
        return self.stored.get(version)

    @contextmanager
    def numbering(self, machine: Machine) -> Iterator[FakeNumbering]:
        taken = [version.number for version in self.stored if version.machine == machine.name]
        numbering = FakeNumbering(ModelVersion(machine.name, max(taken, default=0) + 1))
        yield numbering
        if numbering.recorded is not None:
            self.stored[numbering.version] = numbering.recorded.stored


@dataclass
class FakePromotions:
    """core.training.Promotions."""

    versions: FakeVersions
    log: list[tuple[ModelVersion, str, str]] = field(default_factory=list)

    def champion(self, machine: str) -> ModelVersion | None:
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
        assert reason, "a promotion has a reason"
        assert isinstance(gate, Mapping), "the gate's numbers are kept"
        if self.champion(version.machine) != instead_of:
            raise UserError(f"{self.champion(version.machine)} became champion meanwhile")
        if self.versions.find(version) is None:
            raise UserError(f"there is no {version}")
        self.log.append((version, kind, decided_by))


@dataclass
class FakeLabels:
    """core.training.TrainingLabels."""

    incidents: list[LabelledIncident] = field(default_factory=list)

    def effective(self, machine: Machine) -> Sequence[LabelledIncident]:
        assert machine.name
        return self.incidents


@dataclass
class FakeRecentReadings:
    """core.recent_alarms.RecentReadings."""

    readings: Recent | None = None

    def latest(self, machine: Machine, count: int) -> Recent:
        assert count > 0
        return self.readings or no_readings(machine)
