"""What a mirror of the versions is to show, and the right to bring it up to date."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import msgspec
from sqlalchemy import Engine, text

from core.mirrored import MirroredName, Standing
from core.prediction import ModelVersion
from core.training_report import TrainingReport
from db.failures import failures_named


class KeptReport(NamedTuple):
    """Of the training that made a version: where its HTML lies, and its facts."""

    key: str
    sha256: str
    facts: TrainingReport


class PostgresMirroring:
    """Read by whoever brings a mirror up to date."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @contextmanager
    def alone(self, machine: str) -> Iterator[bool]:
        """Whether nobody else brings the machine's mirror up to date at the same time. Raises Unavailable."""
        # Held by a session and outside any transaction: the mirror may take its time, and holds nobody up.
        with failures_named(), self._engine.connect() as pooled:
            connection = pooled.execution_options(isolation_level="AUTOCOMMIT")
            mine = bool(connection.execute(text(_LOCK), {"machine": machine}).scalar_one())
            try:
                yield mine
            finally:
                if mine:
                    connection.execute(text(_UNLOCK), {"machine": machine})

    def standing(self, machine: str) -> Standing:
        """As of now. Raises Unavailable."""
        with failures_named(), self._engine.connect() as connection:
            rows = connection.execute(text(_STANDING), {"machine": machine}).all()
        return Standing(
            tuple(MirroredName(row.number, row.sha256) for row in rows),
            frozenset(row.number for row in rows if row.promoted),
            next((row.number for row in rows if row.champion), None),
        )

    def report(self, version: ModelVersion) -> KeptReport | None:
        """None: it was made before there were any. Raises Unavailable."""
        with failures_named(), self._engine.connect() as connection:
            row = connection.execute(text(_REPORT), version._asdict()).one_or_none()
        return None if row is None else KeptReport(row.key, row.sha256, msgspec.convert(row.facts, TrainingReport))


_LOCK = "SELECT pg_try_advisory_lock(hashtext('faultline.mirror'), hashtext(:machine))"
_UNLOCK = "SELECT pg_advisory_unlock(hashtext('faultline.mirror'), hashtext(:machine))"
_STANDING = """
    SELECT v.number, v.sha256, c.number IS NOT NULL AS champion,
           EXISTS (SELECT FROM promotion p WHERE p.machine = v.machine AND p.number = v.number) AS promoted
      FROM model_version v JOIN machine m ON m.id = v.machine
      LEFT JOIN champion c ON c.machine = v.machine AND c.number = v.number
     WHERE m.name = :machine ORDER BY v.number"""
_REPORT = """
    SELECT r.key, r.sha256, r.facts FROM training_report r JOIN machine m ON m.id = r.machine
     WHERE m.name = :machine AND r.number = :number LIMIT 1"""
