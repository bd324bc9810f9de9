"""What the outbox holds that was not delivered yet."""

import msgspec
from sqlalchemy import Engine, text

from core.overdue import LIMIT_S, Waiting
from db.failures import failures_named


class PostgresWaiting:
    """Looks into the outbox."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def look(self) -> Waiting:
        """How many messages wait, and for how long on the database's clock. Raises Unavailable."""
        with failures_named(), self._engine.connect() as connection:
            row = connection.execute(text(_LOOK), {"limit": LIMIT_S}).mappings().one()
        return msgspec.convert(dict(row), Waiting, strict=False)

    def take_turn(self, pause_s: float) -> bool:
        """Whether it is ours to tell engineers now: one process does, and not again for so long. Raises Unavailable."""
        with failures_named(), self._engine.begin() as connection:
            return connection.execute(text(_TAKE_TURN), {"pause": pause_s}).rowcount == 1


# Details wait behind all else, and nobody has to have them.
_LOOK = """
    WITH waiting AS (SELECT *, CAST(extract(epoch FROM clock_timestamp() - created_at) AS float8) AS age
                       FROM outbox WHERE state IN ('pending', 'uncertain', 'sending')
                        AND kind NOT IN ('explained', 'chart')),
         oldest AS (SELECT * FROM waiting ORDER BY age DESC LIMIT 1)
    SELECT (SELECT count(*) FROM waiting) AS waiting,
           (SELECT count(*) FROM waiting WHERE age > :limit) AS overdue,
           coalesce((SELECT age FROM oldest), 0) AS oldest_s,
           coalesce((SELECT tries FROM oldest), 0) AS tries,
           coalesce((SELECT error FROM oldest), '') AS error"""
_TAKE_TURN = """
    UPDATE outbox_alarm SET told_at = clock_timestamp()
     WHERE told_at IS NULL OR told_at < clock_timestamp() - make_interval(secs => :pause)"""
