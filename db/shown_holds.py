"""Held labels for the page: core.held_labels.LabelHolds on Postgres."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import Engine, text

from core.held_labels import Decision, ShownHold
from db.failures import failures_named
from db.label_holds import PostgresLabelHolds

_SHOWN = 50
"""Answers of each: enough to see what they have in common."""


class PostgresShownHolds:
    """Decides as `./run labels` does."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._holds = PostgresLabelHolds(engine)

    def waiting(self, operator: int, machine: str) -> Sequence[ShownHold]:
        """Those of a machine that the operator follows which nobody decided about, oldest first. Raises Unavailable."""
        arguments = {"operator": operator, "machine": machine, "shown": _SHOWN}
        with failures_named(), self._engine.connect() as connection:
            rows = connection.execute(text(_WAITING), arguments).mappings().all()
        return [msgspec.convert(dict(row), ShownHold) for row in rows]

    def decide(self, hold: int, decision: Decision, engineer: str, why: str) -> int:
        """Let the labels teach, or never; how many they are. Raises UserError, Unavailable."""
        return self._holds.decide(hold, decision, engineer, why)


_WAITING = """
    SELECT h.id AS hold, o.name AS by, h.reason, h.created_at AS since,
           (SELECT count(*) FROM label_held x WHERE x.hold = h.id) AS count,
           (SELECT coalesce(jsonb_agg(a), '[]') FROM (
                SELECT d.name AS device, l.verdict, l.created_at AS at, l.alert
                  FROM label_held x JOIN label l ON l.id = x.label
                  LEFT JOIN incident i ON i.id = l.incident LEFT JOIN question q ON q.id = l.question
                  JOIN device d ON d.id = coalesce(i.device, q.device, l.device)
                 WHERE x.hold = h.id ORDER BY l.id DESC LIMIT :shown) AS a) AS answers
      FROM label_hold h JOIN machine m ON m.id = h.machine JOIN operator o ON o.id = h.operator
     WHERE m.name = :machine AND NOT EXISTS (SELECT FROM label_hold_decision d WHERE d.hold = h.id)
       AND EXISTS (SELECT FROM subscription s
                    WHERE s.operator = :operator AND (s.machine IS NULL OR s.machine = m.id))
     ORDER BY h.id"""
