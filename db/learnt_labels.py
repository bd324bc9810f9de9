"""The labels that a model learnt from, by whom they were given."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from msgspec import Struct
from sqlalchemy import Engine, text

from core.label import Verdict
from db.failures import failures_named


class LearntLabel(Struct, frozen=True):
    """One label of a model's lineage, as it was given."""

    label: int
    alert: int | None
    """None: a report, or the answer to a question."""
    verdict: Verdict
    source: str
    """`answer`, `report` or `question`."""
    operator: int
    by: str
    at: datetime


class PostgresLearntLabels:
    """Looks labels up by their numbers."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def of(self, labels: Sequence[int]) -> Sequence[LearntLabel]:
        """These labels, oldest first. Raises Unavailable."""
        with failures_named(), self._engine.connect() as connection:
            rows = connection.execute(text(_OF), {"labels": list(labels)}).mappings().all()
        return [msgspec.convert(dict(row), LearntLabel) for row in rows]


_OF = """
    SELECT l.id AS label, l.alert, l.verdict, l.source, l.operator, o.name AS by, l.created_at AS at
      FROM label l JOIN operator o ON o.id = l.operator WHERE l.id = ANY(CAST(:labels AS bigint[])) ORDER BY l.id"""
