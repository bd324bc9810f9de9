"""Looks at drift: what was found, and engineers told once, in one transaction."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import Connection, Engine, text

from core.drift import Drift
from core.drift_watch import ALARMS, EVERY, LOOKS, Finding, Look, findings, told_words, worth_telling
from core.prediction import ModelVersion
from db.alarms import tell_engineers
from db.failures import failures_named

_KEPT = timedelta(days=30)


class PostgresDriftLog:
    """What each look found. Several processes may look: only the first one of an hour counts."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def is_due(self, version: ModelVersion, at: datetime) -> bool:
        """Whether nobody has looked for an hour. Raises Unavailable."""
        with failures_named(), self._engine.connect() as connection:
            return _is_due(connection, version, at)

    def record(self, drift: Drift, at: datetime) -> None:
        """Note what a look found at that moment, and tell engineers what is new and lasts. Raises Unavailable."""
        with failures_named(), self._engine.begin() as connection:
            connection.execute(text(_ALONE), drift.version._asdict())
            if not _is_due(connection, drift.version, at):
                return
            machine = connection.execute(text(_MACHINE), drift.version._asdict()).scalar_one()
            key = {"machine": machine, "number": drift.version.number, "at": at}
            if new := _noted(connection, key, drift, at):
                tell_engineers(connection, machine, told_words(drift.version, new))
            connection.execute(text(_FORGET), {"machine": machine, "before": at - _KEPT})


def _noted(connection: Connection, key: Mapping[str, object], drift: Drift, at: datetime) -> Sequence[Finding]:
    """Inserts a row a sensor; what engineers are to hear of now."""
    measures = {one.sensor: msgspec.to_builtins(one) for one in drift.sensors}
    measures[ALARMS] = msgspec.to_builtins(drift.alarms)
    new = []
    for sensor, words in findings(drift):
        here = {**key, "sensor": sensor, "words": words, "measures": msgspec.json.encode(measures[sensor]).decode()}
        earlier = [Look(*row) for row in connection.execute(text(_EARLIER), {**here, "count": LOOKS - 1})]
        since = worth_telling([Look(at, bool(words), told=False), *earlier])
        if since is not None:
            new.append(Finding(words, since))
        lasts = bool(words) and bool(earlier) and earlier[0].told
        connection.execute(text(_NOTE), {**here, "told": since is not None or lasts})
    return new


def _is_due(connection: Connection, version: ModelVersion, at: datetime) -> bool:
    arguments = {**version._asdict(), "border": at - EVERY}
    return not connection.execute(text(_LOOKED), arguments).scalar_one()


_ALONE = "SELECT pg_advisory_xact_lock(hashtext('faultline.drift'), hashtext(:machine))"
_MACHINE = "SELECT id FROM machine WHERE name = :machine"
_LOOKED = """
    SELECT EXISTS (SELECT FROM drift_window w JOIN machine m ON m.id = w.machine
                    WHERE m.name = :machine AND w.number = :number AND w.until > :border)"""
_EARLIER = """
    SELECT until, words <> '', told FROM drift_window
     WHERE machine = :machine AND number = :number AND sensor = :sensor ORDER BY until DESC LIMIT :count"""
_NOTE = """
    INSERT INTO drift_window (machine, number, sensor, since, until, measures, words, told)
    VALUES (:machine, :number, :sensor, date_trunc('day', CAST(:at AS timestamptz), 'UTC') - interval '1 day', :at,
             CAST(:measures AS jsonb), :words, :told)"""
_FORGET = "DELETE FROM drift_window WHERE machine = :machine AND until < :before"
