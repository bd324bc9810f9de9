"""Who is champion, since when, by whose decision: append-only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec
from sqlalchemy import Connection, Engine, text

from core.errors import UserError
from core.prediction import ModelVersion
from db.alarms import tell_engineers
from db.failures import failures_named
from db.taught import tell_teachers

CHANNEL = "promotion"
"""Of the notice that wakes consumers; its payload is the machine's name."""


@dataclass(frozen=True, slots=True)
class Promotion:
    """One entry of the log."""

    number: int
    previous: int | None
    kind: str
    decided_by: str
    reason: str
    at: datetime


class PostgresPromotionLog:
    """core.ports.models.PromotionLog and core.training.Promotions. `process` is our name in the list of loads."""

    def __init__(self, engine: Engine, process: str) -> None:
        self._engine = engine
        self._process = process

    def champion(self, machine: str) -> ModelVersion | None:
        """The version in service; None before the first promotion. Raises Unavailable."""
        with failures_named(), self._engine.connect() as connection:
            return _champion(connection, machine)

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
        """Make it champion and tell every consumer, and what the gate promotes to who taught it, in one transaction.

        Raises UserError where another than `instead_of` is champion by now, or there is no such version; Unavailable.
        """
        with failures_named(), self._engine.begin() as connection:
            connection.execute(text(_ONE_AT_A_TIME), {"machine": version.machine})
            current = _champion(connection, version.machine)
            if current != instead_of:
                raise UserError(f"{current} became champion meanwhile: compare {version} with that one first")
            arguments = {
                **version._asdict(),
                "previous": instead_of.number if instead_of else None,
                "kind": kind,
                "decided_by": decided_by,
                "reason": reason,
                "gate": msgspec.json.encode(gate).decode(),
            }
            if not connection.execute(text(_PROMOTE), arguments).rowcount:
                raise UserError(f"there is no {version}: ./run models list {version.machine}")
            connection.execute(text("SELECT pg_notify(:channel, :machine)"), {"channel": CHANNEL, **version._asdict()})
            if kind == "gate":
                tell_teachers(connection, version, gate)

    def record_load(self, machine: str, version: ModelVersion, outcome: str, reason: str = "") -> None:
        """Note what became of a version in this process: `loaded`, `refused` or `withdrawn`. Raises Unavailable.

        Engineers are told of the two bad ones, once a promotion and however many processes meet it.
        """
        arguments = {"process": self._process, "number": version.number, "outcome": outcome, "reason": reason}
        with failures_named(), self._engine.begin() as connection:
            if outcome != "loaded":
                connection.execute(text(_ONE_AT_A_TIME), {"machine": machine})
                if self._why(connection, version, outcome) is None:
                    number = connection.execute(text(_MACHINE), {"machine": machine}).scalar_one()
                    tell_engineers(connection, number, f"{version} is {outcome} by {self._process}: {reason}")
            connection.execute(text(_RECORD_LOAD), {"machine": machine, **arguments})

    def withdrawn(self, version: ModelVersion) -> str | None:
        """Why some process took the version out of service since it was promoted; None: nobody did. Unavailable."""
        with failures_named(), self._engine.connect() as connection:
            return self._why(connection, version, "withdrawn")

    def _why(self, connection: Connection, version: ModelVersion, outcome: str) -> str | None:
        arguments = {**version._asdict(), "outcome": outcome}
        reason: str | None = connection.execute(text(_WHY), arguments).scalar_one_or_none()
        return reason

    def history(self, machine: str) -> Sequence[Promotion]:
        """Every promotion of the machine, oldest first. Raises Unavailable."""
        with failures_named(), self._engine.connect() as connection:
            rows = connection.execute(text(_HISTORY), {"machine": machine}).mappings()
            return [Promotion(**row) for row in rows]


def _champion(connection: Connection, machine: str) -> ModelVersion | None:
    number = connection.execute(text(_CHAMPION), {"machine": machine}).scalar_one_or_none()
    return None if number is None else ModelVersion(machine, number)


_ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtext('faultline.promote'), hashtext(:machine))"
_CHAMPION = "SELECT c.number FROM champion c JOIN machine m ON m.id = c.machine WHERE m.name = :machine"
_PROMOTE = """
    INSERT INTO promotion (machine, number, previous, kind, decided_by, reason, gate)
    SELECT m.id, v.number, :previous, :kind, :decided_by, :reason, CAST(:gate AS jsonb)
      FROM machine m JOIN model_version v ON v.machine = m.id WHERE m.name = :machine AND v.number = :number"""
_RECORD_LOAD = """
    INSERT INTO model_load (process, machine, number, outcome, reason)
    SELECT :process, id, :number, :outcome, :reason FROM machine WHERE name = :machine"""
_MACHINE = "SELECT id FROM machine WHERE name = :machine"
_WHY = """
    SELECT l.reason FROM model_load l JOIN machine m ON m.id = l.machine
     WHERE m.name = :machine AND l.number = :number AND l.outcome = :outcome
       AND l.at >= (SELECT max(p.at) FROM promotion p WHERE p.machine = l.machine AND p.number = l.number)
     ORDER BY l.id DESC LIMIT 1"""
_HISTORY = """
    SELECT p.number, p.previous, p.kind, p.decided_by, p.reason, p.at
      FROM promotion p JOIN machine m ON m.id = p.machine WHERE m.name = :machine ORDER BY p.id"""
