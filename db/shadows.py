"""Which versions are in the shadow, and what they said of what people judged: core.shadow on Postgres."""

from collections.abc import Mapping, Sequence

import msgspec
from sqlalchemy import Connection, Engine, text

from core.label import Verdict
from core.prediction import ModelVersion
from core.shadow import ShadowRun, ShadowScores, ShownShadow
from db.failures import failures_named


class PostgresShadows:
    """One version a machine at a time."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def running(self) -> Mapping[str, ModelVersion]:
        """By machine; a champion never is. Raises Unavailable."""
        with failures_named(), self._engine.connect() as connection:
            rows = connection.execute(text(_RUNNING)).all()
        return {row.name: ModelVersion(row.name, row.number) for row in rows}

    def start(self, version: ModelVersion, asked_by: str) -> None:
        """From now on; whoever was in the machine's shadow leaves it. Raises Unavailable."""
        with failures_named(), self._engine.begin() as connection:
            connection.execute(text(_ALONE), version._asdict())
            connection.execute(text(_STOP), {"machine": version.machine})
            connection.execute(text(_START), {**version._asdict(), "asked_by": asked_by})

    def stop(self, machine: str) -> ModelVersion | None:
        """Who was in the machine's shadow until now; None: nobody. Raises Unavailable."""
        with failures_named(), self._engine.begin() as connection:
            connection.execute(text(_ALONE), {"machine": machine})
            number = connection.execute(text(_STOP), {"machine": machine}).scalar_one_or_none()
        return None if number is None else ModelVersion(machine, number)

    def scores(self, version: ModelVersion) -> Sequence[ShadowScores]:
        """What it said, live, of what people judged since. Raises Unavailable."""
        with failures_named(), self._engine.connect() as connection:
            return shadow_scores(connection, version)


def shadow_scores(connection: Connection, version: ModelVersion) -> Sequence[ShadowScores]:
    """What it said, live, of what people judged since."""
    rows = connection.execute(text(_SCORES), version._asdict()).all()
    return [ShadowScores(Verdict(row.verdict), row.scores) for row in rows]


def shown_shadow(connection: Connection, machine: str) -> ShownShadow | None:
    """Who is or was last in the machine's shadow, with what it said of what people judged."""
    row = connection.execute(text(_LATEST), {"machine": machine}).mappings().one_or_none()
    if row is None:
        return None
    run = msgspec.convert({**row}, ShadowRun)
    return ShownShadow(run, row["threshold"], tuple(shadow_scores(connection, ModelVersion(machine, run.number))))


_ALONE = "SELECT pg_advisory_xact_lock(hashtext('faultline.shadow'), hashtext(:machine))"
_RUNNING = """
    SELECT m.name, s.number FROM shadow s JOIN machine m ON m.id = s.machine
      LEFT JOIN champion c ON c.machine = s.machine
     WHERE s.until IS NULL AND s.number IS DISTINCT FROM c.number"""
_STOP = """
    UPDATE shadow s SET until = now() FROM machine m
     WHERE m.id = s.machine AND m.name = :machine AND s.until IS NULL RETURNING s.number"""
_START = """
    INSERT INTO shadow (machine, number, asked_by) SELECT id, :number, :asked_by FROM machine WHERE name = :machine"""
_LATEST = """
    SELECT s.number, s.since, s.until, s.asked_by, v.threshold
      FROM shadow s JOIN machine m ON m.id = s.machine
      JOIN model_version v ON v.machine = s.machine AND v.number = s.number
     WHERE m.name = :machine ORDER BY s.id DESC LIMIT 1"""
# Only troubles of which it saw every reading: half of one would be judged by half.
_SCORES = """
    SELECT l.verdict, array_agg(w.score ORDER BY r.topic, r.kafka_partition, r.kafka_offset) AS scores
      FROM effective_label l JOIN machine m ON m.id = l.machine
      JOIN labelled_reading r ON r.label = l.id AND r.quality = 0
      LEFT JOIN shadow_score w ON w.topic = r.topic AND w.kafka_partition = r.kafka_partition
                              AND w.kafka_offset = r.kafka_offset AND w.model_version = :number
     WHERE m.name = :machine AND l.verdict IN ('fault', 'false_alarm')
       AND l.created_at >= (SELECT min(s.since) FROM shadow s WHERE s.machine = m.id AND s.number = :number)
     GROUP BY l.id, l.verdict HAVING count(w.score) = count(*) ORDER BY l.id"""
