"""Incidents as they open, grow and close, with the alerts of those that open: a few statements a batch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec
from sqlalchemy import Connection

from core.alert_policy import AlertPolicy
from core.batch import Batch, from_micros
from core.incident import Closed, DeviceState, Judgement, Moment, Opened
from core.ports import Model
from core.prediction import standing_out
from core.severity import Severity, graded
from db.alerts import tell, wake
from db.bulk import insert_returning, insert_values
from db.catalogue import Catalogued


@dataclass(slots=True)
class _New:
    """An incident that opened in this batch; perhaps it is over already."""

    opened: Opened
    closed: Closed | None = None


def save_incidents(connection: Connection, known: Catalogued, batch: Batch, judgement: Judgement, model: Model) -> None:
    """Close, open and grow the incidents of the batch, and queue the alerts of those that opened."""
    new, over = _sorted_out(judgement)
    policy = known.machine.alerts
    ends = [_ending(closed, policy) for closed in over]
    insert_values(connection, _CLOSE, ends)  # first: a device has one open incident
    topic = known.topics[batch.topic]
    rows = [_incident(known, topic, one, judgement, model.version.number) for one in new]
    incidents = [row[0] for row in insert_returning(connection, _INSERT_INCIDENTS, rows)]
    _alert(connection, known, batch, [one.opened for one in new], incidents, model)
    opened_now = {one.opened.device for one in new}
    growing = {device: state for device, state in judgement.states.items() if state.open and device not in opened_now}
    insert_values(connection, _GROW, [(device, *_amount(state)) for device, state in growing.items()])
    _raise(connection, {device: _severity(state, policy) for device, state in growing.items()})


def _raise(connection: Connection, severities: Mapping[int, Severity]) -> None:
    """Incidents that go on become more severe, never less; whoever tells people of it is woken."""
    raised = [(device, severity) for device, severity in severities.items() if severity > Severity.LOW]
    if insert_returning(connection, _RAISE, raised):
        wake(connection)


def _sorted_out(judgement: Judgement) -> tuple[Sequence[_New], Sequence[Closed]]:
    """The incidents that opened in this batch, and the ends of those that were open before it."""
    new: list[_New] = []
    over: list[Closed] = []
    latest: dict[int, _New] = {}
    for event in judgement.events:
        match event:
            case Opened():
                latest[event.device] = _New(event)
                new.append(latest[event.device])
            case Closed() if event.device in latest:
                latest.pop(event.device).closed = event
            case Closed():
                over.append(event)
    return new, over


def _incident(known: Catalogued, topic: int, new: _New, judgement: Judgement, version: int) -> tuple[object, ...]:
    opened, closed = new.opened, new.closed
    since = opened.state.since or opened.at
    state = closed.state if closed else judgement.states[opened.device]
    return (
        *(known.id, opened.device, topic, opened.at.partition, since.offset, _time(since)),
        *(opened.at.offset, _time(opened.at), *_amount(state)),
        *((closed.at.offset, _time(closed.at)) if closed else (None, None)),
        *(version, _severity(state, known.machine.alerts)),
    )


def _ending(closed: Closed, policy: AlertPolicy) -> tuple[object, ...]:
    severity = _severity(closed.state, policy)
    return closed.device, closed.at.offset, _time(closed.at), *_amount(closed.state), severity


def _amount(state: DeviceState) -> tuple[object, ...]:
    """What the incident amounts to: its newest fault, their number, the highest score."""
    assert state.last is not None, "an incident has a fault"
    return state.last.offset, _time(state.last), state.faults, state.peak


def _severity(state: DeviceState, policy: AlertPolicy) -> Severity:
    return graded(state.peak, state.lasted, policy).severity


def _alert(
    connection: Connection,
    known: Catalogued,
    batch: Batch,
    opened: Sequence[Opened],
    incidents: Sequence[int],
    model: Model,
) -> None:
    sensors = [_standing_out(known, batch, one, model) for one in opened]
    rows = [
        (incident, one.state.peak, msgspec.json.encode(shown).decode(), model.version.number)
        for incident, one, shown in zip(incidents, opened, sensors, strict=True)
    ]
    alerts = [row[0] for row in insert_returning(connection, _INSERT_ALERTS, rows)]
    facts = [
        {
            "alert": alert,
            "machine": known.machine.name,
            "title": known.machine.title or known.machine.name,
            "device": batch.devices[one.row],
            "since": _time(one.state.since or one.at).isoformat(),
            "probability": one.state.peak,
            "severity": _severity(one.state, known.machine.alerts),
            "standing_out": shown,
            "model_version": model.version.number,
            "advice": known.machine.advice,
        }
        for alert, one, shown in zip(alerts, opened, sensors, strict=True)
    ]
    tell(connection, known.id, facts)


def _standing_out(known: Catalogued, batch: Batch, opened: Opened, model: Model) -> list[dict[str, object]]:
    values = dict(zip(known.machine.sensor_names, batch.sensors[opened.row].tolist(), strict=True))
    units = {sensor.name: sensor.unit for sensor in known.machine.sensors}
    return [{**item._asdict(), "unit": units[item.sensor]} for item in standing_out(values, model.usual)]


def _time(moment: Moment) -> datetime:
    return from_micros(moment.time)


_INSERT_INCIDENTS = """
    INSERT INTO incident (machine, device, topic, kafka_partition, since_offset, since_time, opened_offset, opened_time,
                          last_offset, last_time, faults, peak, closed_offset, closed_time, model_version,
                          severity)
    VALUES %s RETURNING id"""
_INSERT_ALERTS = "INSERT INTO alert (incident, probability, standing_out, model_version) VALUES %s RETURNING id"
_CLOSE = """
    UPDATE incident i SET closed_offset = v.closed_offset, closed_time = v.closed_time, last_offset = v.last_offset,
           last_time = v.last_time, faults = v.faults, peak = v.peak, severity = greatest(i.severity, v.severity)
      FROM (VALUES %s) AS v (device, closed_offset, closed_time, last_offset, last_time, faults, peak, severity)
     WHERE i.device = v.device AND i.kind = 'fault' AND i.closed_offset IS NULL"""
_GROW = """
    UPDATE incident i SET last_offset = v.last_offset, last_time = v.last_time, faults = v.faults, peak = v.peak
      FROM (VALUES %s) AS v (device, last_offset, last_time, faults, peak)
     WHERE i.device = v.device AND i.kind = 'fault' AND i.closed_offset IS NULL"""
_RAISE = """
    UPDATE incident i SET severity = v.severity FROM (VALUES %s) AS v (device, severity)
     WHERE i.device = v.device AND i.kind = 'fault' AND i.closed_offset IS NULL AND i.severity < v.severity
    RETURNING i.id"""
