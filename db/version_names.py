"""core.named_models.VersionNames on Postgres: a name stands with the request for the training."""

from collections.abc import Sequence

from sqlalchemy import Engine, text

from core.named_models import NamedVersion
from db.failures import failures_named


class PostgresVersionNames:
    """Reads the requests for trainings."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def of(self, machine: str) -> Sequence[NamedVersion]:
        """The newest first; of one name only the newest that led to a version, or else the newest."""
        with failures_named(), self._engine.connect() as connection:
            rows = connection.execute(text(_NAMES), {"machine": machine}).all()
        return [NamedVersion(row.name, row.state, row.number) for row in rows]


_NAMES = """
    SELECT name, state, number FROM (
        SELECT DISTINCT ON (r.options ->> 'called') r.id, r.options ->> 'called' AS name, r.state,
               CAST(r.result ->> 'version' AS integer) AS number
          FROM training_request r JOIN machine m ON m.id = r.machine
         WHERE m.name = :machine AND r.options ->> 'called' <> ''
         ORDER BY r.options ->> 'called', r.result ->> 'version' IS NULL, r.id DESC) newest
     ORDER BY id DESC LIMIT 1000"""
