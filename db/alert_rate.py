"""How often versions rang: core.alert_rate from Postgres."""

from datetime import datetime

import msgspec
from sqlalchemy import Engine, text

from core.alert_rate import AlertRate
from core.prediction import ModelVersion
from db.failures import failures_named


class PostgresAlertRates:
    """Counts what each version raised while it was champion."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def of(self, version: ModelVersion, since: datetime | None) -> AlertRate:
        """Since then; None: since its first promotion. Raises Unavailable."""
        with failures_named(), self._engine.connect() as connection:
            row = connection.execute(text(_RATE), {**version._asdict(), "since": since}).mappings().one()
        return msgspec.convert(dict(row), AlertRate)


_RATE = """
    WITH here AS (SELECT id FROM machine WHERE name = :machine),
    served AS (
        SELECT p.number, greatest(p.at, CAST(:since AS timestamptz)) AS since,
               coalesce(lead(p.at) OVER (ORDER BY p.id), now()) AS until
          FROM promotion p JOIN here ON p.machine = here.id)
    SELECT (SELECT count(*) FROM alert a JOIN incident i ON i.id = a.incident JOIN here ON i.machine = here.id
             WHERE i.kind = 'fault' AND a.model_version = :number
               AND (CAST(:since AS timestamptz) IS NULL OR a.created_at >= :since)) AS alerts,
           (SELECT coalesce(sum(extract(epoch FROM until - since)), 0) / 86400.0 FROM served
             WHERE number = :number AND until > since)::float8 AS days,
           (SELECT count(*) FROM device d JOIN here ON d.machine = here.id) AS devices"""
