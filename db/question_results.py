"""What questions have found: core.question_results from Postgres."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import Engine, text

from core.question_results import PoolResults
from db.failures import failures_named


class PostgresQuestionResults:
    """Counts questions and their answers."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def by_pool(self, machine: str | None = None) -> Sequence[PoolResults]:
        """By machine and pool, of all machines or of one. Raises Unavailable."""
        with failures_named(), self._engine.connect() as connection:
            rows = connection.execute(text(_BY_POOL), {"machine": machine}).mappings().all()
        return [msgspec.convert(dict(row), PoolResults) for row in rows]


_BY_POOL = """
    SELECT m.name AS machine, q.pool, count(*) AS asked, count(l.id) AS answered,
           count(*) FILTER (WHERE l.verdict = 'fault') AS faults,
           coalesce(sum(q.weight) FILTER (WHERE l.id IS NOT NULL), 0) AS represented,
           coalesce(sum(q.weight) FILTER (WHERE l.verdict = 'fault'), 0) AS represented_faults
      FROM question q JOIN machine m ON m.id = q.machine
      LEFT JOIN effective_label l ON l.question = q.id AND l.verdict IN ('fault', 'false_alarm')
     WHERE CAST(:machine AS text) IS NULL OR m.name = :machine
     GROUP BY m.name, q.pool ORDER BY m.name, q.pool"""
