"""Model versions: core.training.ModelVersions on Postgres."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import msgspec
from sqlalchemy import Connection, Engine, text

from core.machine import Machine
from core.prediction import ModelVersion
from core.training import NewVersion, StoredVersion
from db.catalogue import machine_number
from db.failures import failures_named
from db.training_reports import keep_report


@dataclass(frozen=True, slots=True)
class ListedVersion:
    """A version as `models list` shows it."""

    number: int
    algorithm: str
    threshold: float
    metrics: dict[str, object]
    lineage: dict[str, object]
    sha256: str
    created_by: str
    created_at: datetime
    champion: bool
    report: str | None
    """Key of its training's report in the bucket; None: made before there were any."""


class PostgresNumbering:
    """The next number of a machine, ours while its transaction lives."""

    def __init__(self, connection: Connection, machine: int, version: ModelVersion) -> None:
        self._connection = connection
        self._machine = machine
        self.version = version

    def record(self, new: NewVersion) -> None:
        """Record the version; it counts when the transaction is committed."""
        assert new.stored.version == self.version, "the bytes were signed for this number"
        self._connection.execute(
            text(_NEW_VERSION),
            {
                "machine": self._machine,
                "number": self.version.number,
                "model_key": new.model_key,
                "model_version_id": new.model_version_id,
                "manifest_key": new.stored.manifest_key,
                "manifest_version_id": new.stored.manifest_version_id,
                "sha256": new.stored.sha256,
                "algorithm": new.algorithm,
                "threshold": new.threshold,
                "metrics": msgspec.json.encode(new.metrics).decode(),
                "lineage": msgspec.json.encode(new.lineage).decode(),
                "created_by": new.created_by,
            },
        )
        keep_report(self._connection, self._machine, self.version.number, new.report)


class PostgresModelVersions:
    """The versions of every machine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def find(self, version: ModelVersion) -> StoredVersion | None:
        """Where a version lies; None where there is no such version. Raises Unavailable."""
        with failures_named(), self._engine.connect() as connection:
            row = connection.execute(text(_FIND), version._asdict()).one_or_none()
        if row is None:
            return None
        return StoredVersion(version, row.manifest_key, row.manifest_version_id, row.sha256)

    @contextmanager
    def numbering(self, machine: Machine) -> Iterator[PostgresNumbering]:
        """The next number of the machine, ours until the block ends; others wait for it. Raises Unavailable."""
        with failures_named(), self._engine.begin() as connection:
            connection.execute(
                text("SELECT pg_advisory_xact_lock(hashtext('faultline.version'), hashtext(:machine))"),
                {"machine": machine.name},
            )
            number = machine_number(connection, machine)
            newest = connection.execute(
                text("SELECT coalesce(max(number), 0) FROM model_version WHERE machine = :machine"), {"machine": number}
            ).scalar_one()
            yield PostgresNumbering(connection, number, ModelVersion(machine.name, newest + 1))

    def listing(self, machine: str) -> Sequence[ListedVersion]:
        """Every version of the machine, newest first. Raises Unavailable."""
        with failures_named(), self._engine.connect() as connection:
            rows = connection.execute(text(_LISTING), {"machine": machine}).mappings()
            return [ListedVersion(**row) for row in rows]


_NEW_VERSION = """
    INSERT INTO model_version (machine, number, model_key, model_version_id, manifest_key, manifest_version_id, sha256,
                               algorithm, threshold, metrics, lineage, created_by)
    VALUES (:machine, :number, :model_key, :model_version_id, :manifest_key, :manifest_version_id, :sha256,
            :algorithm, :threshold, CAST(:metrics AS jsonb), CAST(:lineage AS jsonb), :created_by)"""
_FIND = """
    SELECT v.manifest_key, v.manifest_version_id, v.sha256 FROM model_version v JOIN machine m ON m.id = v.machine
     WHERE m.name = :machine AND v.number = :number"""
_LISTING = """
    SELECT v.number, v.algorithm, v.threshold, v.metrics, v.lineage, v.sha256, v.created_by, v.created_at,
           c.number IS NOT NULL AS champion,
           (SELECT r.key FROM training_report r WHERE r.machine = v.machine AND r.number = v.number) AS report
      FROM model_version v JOIN machine m ON m.id = v.machine
      LEFT JOIN champion c ON c.machine = v.machine AND c.number = v.number
     WHERE m.name = :machine ORDER BY v.number DESC"""
