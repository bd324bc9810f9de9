"""Incidents of faults, with the alerts of those that open."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import Connection

from core.alert_policy import AlertPolicy
from core.batch import Batch
from core.defect import LikelyDefect, advice_on, likeliest
from core.engineered import with_engineered
from core.incident import DeviceState, Judgement, Opened
from core.ports.models import Model
from core.prediction import standing_out
from core.severity import Severity, graded
from core.target import PredictedValue, predicted
from db.alerts import tell, way_on
from db.bulk import insert_returning
from db.catalogue import Catalogued
from db.courses import Courses, save_courses, time_of


def save_incidents(connection: Connection, known: Catalogued, batch: Batch, judgement: Judgement, model: Model) -> None:
    """Close, open and grow the incidents of the batch, and queue the alerts of those that opened."""
    policy = known.machine.alerts
    courses = Courses("fault", lambda state: _severity(state, policy))
    opened = save_courses(connection, known, batch, judgement, model.version.number, courses)
    _alert(connection, known, batch, opened, model)


def _severity(state: DeviceState, policy: AlertPolicy) -> Severity:
    return graded(state.peak, state.lasted, policy).severity


def _alert(
    connection: Connection, known: Catalogued, batch: Batch, opened: Sequence[tuple[int, Opened]], model: Model
) -> None:
    sensors = [_standing_out(known, batch, one, model) for _, one in opened]
    likely = [likeliest(known.machine, one.defects) if one.defects else () for _, one in opened]
    values = [_predicted(known, one) for _, one in opened]
    rows = [
        (
            incident,
            one.state.peak,
            _json(shown),
            model.version.number,
            _json(defects),
            _advice(known, defects),
            value and _json(value),
        )
        for (incident, one), shown, defects, value in zip(opened, sensors, likely, values, strict=True)
    ]
    alerts = [row[0] for row in insert_returning(connection, _INSERT_ALERTS, rows)]
    facts = [
        {
            "alert": alert,
            "machine": known.machine.name,
            "title": known.machine.title or known.machine.name,
            "task": known.machine.task,
            "device": batch.devices[one.row],
            "since": time_of(one.state.since or one.at).isoformat(),
            "probability": one.state.peak,
            "severity": _severity(one.state, known.machine.alerts),
            "standing_out": shown,
            "model_version": model.version.number,
            "advice": advice_on(known.machine, defects),
            "defects": msgspec.to_builtins(defects),
            "predicted": msgspec.to_builtins(value),
            "choices": [defect.name for defect in known.machine.defects],
            **way_on(batch.way, int(batch.partitions[one.row]), int(batch.offsets[one.row])),
        }
        for alert, (_, one), shown, defects, value in zip(alerts, opened, sensors, likely, values, strict=True)
    ]
    tell(connection, known.id, facts)


def _standing_out(known: Catalogued, batch: Batch, opened: Opened, model: Model) -> list[dict[str, object]]:
    inputs = known.machine.inputs
    row = with_engineered(known.machine, batch.sensors[opened.row : opened.row + 1])[0].tolist()
    values = {sensor.name: value for sensor, value in zip(inputs, row, strict=True)}
    units = {sensor.name: sensor.unit for sensor in inputs}
    return [{**item._asdict(), "unit": units[item.sensor]} for item in standing_out(values, model.usual)]


def _predicted(known: Catalogued, opened: Opened) -> PredictedValue | None:
    target = known.machine.target
    return None if target is None or opened.value is None else predicted(target, opened.value)


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _advice(known: Catalogued, defects: Sequence[LikelyDefect]) -> str:
    """Of the likeliest defect; empty: what the machine's file says."""
    return advice_on(known.machine, defects) if defects else ""


_INSERT_ALERTS = """
    INSERT INTO alert (incident, probability, standing_out, model_version, defects, advice, predicted) VALUES %s
    RETURNING id"""
