"""An operator's questions as they stand now: core.shown_questions.ShownQuestions on Postgres."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
from sqlalchemy import Engine, Row, text

from core.machine import Machine
from core.shown import Answer
from core.shown_questions import ShownQuestion
from core.stored_inputs import StoredInputs
from db.failures import failures_named


class PostgresShownQuestions:
    """Reads whom the questioner asked, by whatever channel, and what people said to it."""

    def __init__(self, engine: Engine, machines: Mapping[str, Machine]) -> None:
        """`machines`: the files, whose engineered sensors are computed from the readings."""
        self._engine = engine
        self._machines = machines

    def newest(self, operator: int, count: int, *, waiting: bool = False) -> Sequence[ShownQuestion]:
        """At most `count` of the last week, newest first; `waiting`: only those without an answer."""
        arguments = {"operator": operator, "count": count, "waiting": waiting}
        with failures_named(), self._engine.connect() as connection:
            return [self._shown(row) for row in connection.execute(text(_SHOWN + _NEWEST), arguments)]

    def one(self, operator: int, question: int) -> ShownQuestion | None:
        """The one of this number; None where this operator was asked no such one."""
        with failures_named(), self._engine.connect() as connection:
            arguments = {"operator": operator, "question": question}
            row = connection.execute(text(_SHOWN + _ONE), arguments).one_or_none()
        return None if row is None else self._shown(row)

    def _shown(self, row: Row[Any]) -> ShownQuestion:
        facts = dict(row._mapping)
        said = {name: facts.pop(name) for name in ("label", "verdict", "by_operator", "by", "at", "comment")}
        said["operator"] = said.pop("by_operator")
        facts["answer"] = None if said["label"] is None else msgspec.convert(said, Answer)
        inputs = StoredInputs.of(facts.pop("names"), self._machines.get(row.machine))
        values = zip(inputs.names, inputs.columns([facts.pop("sensors")])[0].tolist(), strict=True)
        facts["readings"] = [(name, None if np.isnan(value) else value) for name, value in values]
        return msgspec.convert(facts, ShownQuestion)


# Who follows the machine no more cannot answer either.
_SHOWN = """
    SELECT q.id AS question, m.name AS machine, m.task, d.name AS device, q.time, q.score AS probability, q.pool,
           q.sensor, q.above, m.sensors AS names, q.sensors,
           l.id AS label, l.verdict, l.operator AS by_operator, p.name AS by, l.created_at AS at, l.comment
      FROM question q JOIN machine m ON m.id = q.machine JOIN device d ON d.id = q.device
      LEFT JOIN LATERAL (SELECT * FROM effective_label e WHERE e.question = q.id) l ON true
      LEFT JOIN operator p ON p.id = l.operator
     WHERE q.operator = :operator
       AND EXISTS (SELECT FROM subscription s
                    WHERE s.operator = :operator AND (s.machine IS NULL OR s.machine = q.machine))"""
_NEWEST = """
       AND q.created_at > now() - interval '7 days' AND (NOT :waiting OR l.id IS NULL)
     ORDER BY q.id DESC LIMIT :count"""
_ONE = " AND q.id = :question"
