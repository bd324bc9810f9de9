"""Incidents of sensors that cannot be right, with the alerts of those that open."""

from collections.abc import Sequence

from sqlalchemy import Connection

from core.alert_policy import AlertPolicy
from core.batch import Batch
from core.incident import DeviceState, Opened
from core.sensor_fault import SensorJudgement
from core.severity import Severity, graded
from db.alerts import tell, way_on
from db.bulk import insert_returning
from db.catalogue import Catalogued
from db.courses import Courses, save_courses, time_of
from db.device_state import save_sensor_states


def save_sensor_faults(
    connection: Connection, known: Catalogued, batch: Batch, sensors: SensorJudgement, version: int
) -> None:
    """Close, open and grow the incidents of the batch, queue the alerts of those that opened, write the states."""
    policy = known.machine.alerts
    courses = Courses("sensor", lambda state: _severity(state, policy))
    opened = save_courses(connection, known, batch, sensors.judgement, version, courses)
    _alert(connection, known, batch, opened, sensors, version)
    save_sensor_states(connection, sensors.states)


def _severity(state: DeviceState, policy: AlertPolicy) -> Severity:
    """By how long it lasts; never high, because the machine itself may be well: nobody is woken for it."""
    return min(graded(0.0, state.lasted, policy).severity, Severity.MEDIUM)


def _alert(
    connection: Connection,
    known: Catalogued,
    batch: Batch,
    opened: Sequence[tuple[int, Opened]],
    sensors: SensorJudgement,
    version: int,
) -> None:
    findings = [sensors.findings[one.row] for _, one in opened]
    rows = [
        (incident, 0.0, "[]", version, list(finding.reasons), finding.advice)
        for (incident, _), finding in zip(opened, findings, strict=True)
    ]
    alerts = [row[0] for row in insert_returning(connection, _INSERT_ALERTS, rows)]
    facts = [
        {
            "alert": alert,
            "kind": "sensor",
            "machine": known.machine.name,
            "title": known.machine.title or known.machine.name,
            "device": batch.devices[one.row],
            "since": time_of(one.state.since or one.at).isoformat(),
            "probability": 0.0,
            "severity": _severity(one.state, known.machine.alerts),
            "standing_out": [],
            "reasons": finding.reasons,
            "model_version": version,
            "advice": finding.advice,
            **way_on(batch.way, int(batch.partitions[one.row]), int(batch.offsets[one.row])),
        }
        for alert, (_, one), finding in zip(alerts, opened, findings, strict=True)
    ]
    tell(connection, known.id, facts)


_INSERT_ALERTS = """
    INSERT INTO alert (incident, probability, standing_out, model_version, reasons, advice) VALUES %s RETURNING id"""
