"""The readings that opened the incidents of alerts."""

from sqlalchemy import Engine, text

from core.errors import UserError
from core.explanation import AlertedReading
from core.prediction import ModelVersion
from core.severity import Severity
from db.failures import failures_named


class PostgresAlertedReadings:
    """Finds the reading behind an alert, also among those that labels kept."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def of(self, alert: int) -> AlertedReading:
        """The reading with which the alert's incident opened. Raises UserError where there is none, Unavailable."""
        with failures_named(), self._engine.connect() as connection:
            row = connection.execute(text(_FIND), {"alert": alert}).one_or_none()
        if row is None:
            raise UserError(f"there is no alert #{alert}: its number is in the alert's message")
        if row.kind != "fault":
            what = "a silence" if row.kind == "silent" else "a sensor that cannot be right"
            raise UserError(f"alert #{alert} tells of {what}: no model had a part in it")
        if row.sensors is None:
            raise UserError(f"the reading of alert #{alert} was dropped as too old; only those of answered alerts stay")
        version, severity = ModelVersion(row.machine, row.model_version), Severity(row.severity)
        return AlertedReading(version, row.device, row.time, tuple(row.sensors), row.score, severity)


# Labels keep copies of the readings that they judge, and outlive their retention.
_FIND = """
    SELECT i.kind, i.severity, m.name AS machine, d.name AS device, r.time, r.sensors, r.score, r.model_version
      FROM alert a JOIN incident i ON i.id = a.incident
      JOIN machine m ON m.id = i.machine JOIN device d ON d.id = i.device
      LEFT JOIN LATERAL (
           SELECT time, sensors, score, model_version FROM reading
            WHERE topic = i.topic AND kafka_partition = i.kafka_partition AND kafka_offset = i.opened_offset
           UNION ALL
           SELECT c.time, c.sensors, c.score, c.model_version FROM label l JOIN labelled_reading c ON c.label = l.id
            WHERE l.incident = i.id AND c.topic = i.topic AND c.kafka_partition = i.kafka_partition
              AND c.kafka_offset = i.opened_offset
            LIMIT 1) AS r ON true
     WHERE a.id = :alert"""
