"""A machine's models as the page shows them, and requests for new ones: core.shown_machines.Models on Postgres."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import Connection, Engine, text

from core.login import Visitor
from core.shown_machines import (
    ShownMachine,
    ShownModels,
    ShownPromotion,
    ShownRequest,
    ShownVersion,
    Wish,
    Wished,
)
from core.training_options import TrainingOptions
from db.failures import failures_named
from db.learning_curve import learning_curve
from db.shadows import shown_shadow
from db.shown_drift import shown_drift
from db.training import CHANNEL

_SHOWN = 100


class PostgresModels:
    """Reads what trainer and gate have recorded; asks for a training like everybody who may."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def machines(self, operator: int) -> Sequence[ShownMachine]:
        """Those that the operator follows, by name."""
        with failures_named(), self._engine.connect() as connection:
            rows = connection.execute(text(_MACHINES), {"operator": operator}).mappings()
            return [msgspec.convert(dict(row), ShownMachine) for row in rows]

    def of(self, operator: int, machine: str) -> ShownModels | None:
        """All versions, promotions and requests, the newest first; None where the operator follows no such machine."""
        with failures_named(), self._engine.connect() as connection:
            number = _followed(connection, operator, machine)
            if number is None:
                return None
            asked = {"machine": number, "count": _SHOWN}
            versions = connection.execute(text(_VERSIONS), asked).mappings()
            promotions = connection.execute(text(_PROMOTIONS), asked).mappings()
            return ShownModels(
                tuple(msgspec.convert(dict(row), ShownVersion) for row in versions),
                tuple(msgspec.convert(dict(row), ShownPromotion) for row in promotions),
                _requests(connection, number, under_way=False),
                shown_drift(connection, number),
                shown_shadow(connection, machine),
                learning_curve(connection, number),
            )

    def requests(self, operator: int, machine: str) -> Sequence[ShownRequest]:
        """Those that wait or run."""
        with failures_named(), self._engine.connect() as connection:
            number = _followed(connection, operator, machine)
            return () if number is None else _requests(connection, number, under_way=True)

    def retrain(self, visitor: Visitor, machine: str, options: TrainingOptions, via: str) -> Wished:
        """Store a request and wake a trainer, in one transaction."""
        if visitor.role != "engineer":
            return Wished(Wish.NOT_AN_ENGINEER)
        with failures_named(), self._engine.begin() as connection:
            number = _followed(connection, visitor.id, machine)
            if number is None:
                return Wished(Wish.UNKNOWN_MACHINE)
            connection.execute(text(_ALONE), {"machine": number})
            if others := _requests(connection, number, under_way=True):
                return Wished(Wish.UNDER_WAY, others[0].request)
            arguments = {"machine": number, "by": visitor.name, "via": via}
            arguments["options"] = msgspec.json.encode(options).decode()
            request: int = connection.execute(text(_ASK), arguments).scalar_one()
            connection.execute(text("SELECT pg_notify(:channel, '')"), {"channel": CHANNEL})
        return Wished(Wish.REQUESTED, request)


def _followed(connection: Connection, operator: int, machine: str) -> int | None:
    """The machine's number, where the operator follows it."""
    arguments = {"operator": operator, "machine": machine}
    number: int | None = connection.execute(text(_FOLLOWED), arguments).scalar_one_or_none()
    return number


def _requests(connection: Connection, machine: int, *, under_way: bool) -> tuple[ShownRequest, ...]:
    arguments = {"machine": machine, "count": _SHOWN, "under_way": under_way}
    rows = connection.execute(text(_REQUESTS), arguments).mappings()
    return tuple(msgspec.convert(dict(row), ShownRequest) for row in rows)


_FOLLOWED = """
    SELECT m.id FROM machine m
     WHERE m.name = :machine
       AND EXISTS (SELECT FROM subscription s
                    WHERE s.operator = :operator AND (s.machine IS NULL OR s.machine = m.id))"""
_MACHINES = """
    SELECT m.name AS machine, (SELECT count(*) FROM device d WHERE d.machine = m.id) AS devices, c.at AS since,
           (SELECT count(*) FROM training_request r WHERE r.machine = m.id AND r.state IN ('pending', 'running'))
               AS under_way,
           CASE WHEN v.number IS NOT NULL THEN jsonb_build_object(
               'number', v.number, 'algorithm', v.algorithm, 'threshold', v.threshold,
               'pr_auc', v.metrics -> 'pr_auc', 'f1', v.metrics -> 'f1',
               'labels', jsonb_array_length(coalesce(v.lineage -> 'label_ids', '[]')), 'created_by', v.created_by,
               'created_at', v.created_at, 'champion', true) END AS champion
      FROM machine m LEFT JOIN champion c ON c.machine = m.id
      LEFT JOIN model_version v ON v.machine = m.id AND v.number = c.number
     WHERE EXISTS (SELECT FROM subscription s
                    WHERE s.operator = :operator AND (s.machine IS NULL OR s.machine = m.id))
     ORDER BY m.name"""
_VERSIONS = """
    SELECT v.number, v.algorithm, v.threshold, CAST(v.metrics ->> 'pr_auc' AS float8) AS pr_auc,
           CAST(v.metrics ->> 'f1' AS float8) AS f1,
           jsonb_array_length(coalesce(v.lineage -> 'label_ids', '[]')) AS labels, v.created_by, v.created_at,
           c.number IS NOT NULL AS champion,
           (SELECT r.sha256 FROM training_report r WHERE r.machine = v.machine AND r.number = v.number) AS report
      FROM model_version v LEFT JOIN champion c ON c.machine = v.machine AND c.number = v.number
     WHERE v.machine = :machine ORDER BY v.number DESC LIMIT :count"""
_PROMOTIONS = """
    SELECT number, previous, kind, decided_by, reason, at FROM promotion
     WHERE machine = :machine ORDER BY id DESC LIMIT :count"""
_REQUESTS = """
    SELECT id AS request, state, asked_by, via, created_at AS at, finished_at, progress,
           CAST(result ->> 'version' AS integer) AS version, coalesce(result ->> 'reason', '') AS reason,
           result ->> 'report' AS report
      FROM training_request
     WHERE machine = :machine AND (NOT :under_way OR state IN ('pending', 'running')) ORDER BY id DESC LIMIT :count"""
# Two presses at once: the second one waits for the first, then sees that one is under way.
_ALONE = "SELECT pg_advisory_xact_lock(hashtext('faultline.retrain'), CAST(:machine AS integer))"
_ASK = """
    INSERT INTO training_request (machine, asked_by, via, options)
    VALUES (:machine, :by, :via, CAST(:options AS jsonb)) RETURNING id"""
