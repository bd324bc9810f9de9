"""Reports of trainings: core.stored_report.TrainingReports and core.training_report.ShownReports on Postgres."""

import msgspec
from sqlalchemy import Connection, Engine, text

from core.login import Visitor
from core.machine import Machine
from core.stored_report import StoredReport
from core.training_report import TrainingReport
from db.catalogue import machine_number
from db.failures import failures_named


class PostgresTrainingReports:
    """Written by trainers."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def keep(self, machine: Machine, report: StoredReport) -> None:
        """Keep the facts; once, however often it is kept. Raises Unavailable."""
        with failures_named(), self._engine.begin() as connection:
            keep_report(connection, machine_number(connection, machine), None, report)


class PostgresShownReports:
    """Read by the page."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def of(self, visitor: Visitor, machine: str, sha256: str) -> TrainingReport | None:
        """None where there is no such report, or the visitor does not follow the machine. Raises Unavailable."""
        with failures_named(), self._engine.connect() as connection:
            asked = {"operator": visitor.id, "machine": machine, "sha256": sha256}
            facts = connection.execute(text(_FACTS), asked).scalar_one_or_none()
        return None if facts is None else msgspec.convert(facts, TrainingReport)


def keep_report(connection: Connection, machine: int, number: int | None, report: StoredReport) -> None:
    """In the transaction of the version that it tells of; `number` None: of a dry run."""
    arguments = {"machine": machine, "number": number, "key": report.key, "sha256": report.sha256}
    arguments["facts"] = msgspec.json.encode(report.facts).decode()
    connection.execute(text(_KEEP), arguments)


_KEEP = """
    INSERT INTO training_report (machine, sha256, key, number, facts)
    VALUES (:machine, :sha256, :key, :number, CAST(:facts AS jsonb)) ON CONFLICT DO NOTHING"""
_FACTS = """
    SELECT r.facts FROM training_report r JOIN machine m ON m.id = r.machine
     WHERE m.name = :machine AND r.sha256 = :sha256
       AND EXISTS (SELECT FROM subscription s
                    WHERE s.operator = :operator AND (s.machine IS NULL OR s.machine = m.id))"""
