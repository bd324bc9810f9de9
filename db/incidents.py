"""Incidents as they open, grow and close, with the alert and the messages that an opening brings."""

from collections.abc import Mapping
from datetime import datetime

import msgspec
from sqlalchemy import Connection, text

from core.batch import Batch, from_micros
from core.incident import Closed, DeviceState, Judgement, Moment, Opened
from core.ports import Model
from core.prediction import standing_out
from db.bulk import insert_values
from db.catalogue import Catalogued


def save_incidents(connection: Connection, known: Catalogued, batch: Batch, judgement: Judgement, model: Model) -> None:
    """Apply the judgement's events in their order, then bring the incidents that are still open up to date."""
    for event in judgement.events:
        match event:
            case Opened():
                _open(connection, known, batch, event, model)
            case Closed():
                _close(connection, event)
    _grow(connection, {device: state for device, state in judgement.states.items() if state.open})


def _open(connection: Connection, known: Catalogued, batch: Batch, opened: Opened, model: Model) -> None:
    since = opened.state.since or opened.at
    incident = connection.execute(
        text(_INSERT_INCIDENT),
        {
            "machine": known.id,
            "device": opened.device,
            "topic": known.topics[batch.topic],
            "partition": opened.at.partition,
            "since_offset": since.offset,
            "since_time": _time(since),
            "opened_offset": opened.at.offset,
            "opened_time": _time(opened.at),
            "faults": opened.state.faults,
            "peak": opened.state.peak,
            "version": model.version.number,
        },
    ).scalar_one()
    values = dict(zip(known.machine.sensor_names, batch.sensors[opened.row].tolist(), strict=True))
    units = {sensor.name: sensor.unit for sensor in known.machine.sensors}
    sensors = [{**item._asdict(), "unit": units[item.sensor]} for item in standing_out(values, model.usual)]
    alert = connection.execute(
        text(_INSERT_ALERT),
        {
            "incident": incident,
            "probability": opened.state.peak,
            "standing_out": msgspec.json.encode(sensors).decode(),
            "version": model.version.number,
        },
    ).scalar_one()
    facts = {
        "alert": alert,
        "machine": known.machine.name,
        "title": known.machine.title or known.machine.name,
        "device": batch.devices[opened.row],
        "since": _time(since).isoformat(),
        "probability": opened.state.peak,
        "standing_out": sensors,
        "model_version": model.version.number,
        "advice": known.machine.advice,
    }
    tell(connection, known.id, alert, facts)


def tell(connection: Connection, machine: int, alert: int, facts: Mapping[str, object]) -> None:
    """Queue the alert for every chat that follows the machine, one message a chat."""
    body = msgspec.json.encode(facts).decode()
    connection.execute(text(_TELL), {"alert": alert, "machine": machine, "body": body})
    connection.execute(text("SELECT pg_notify('outbox', '')"))


def _close(connection: Connection, closed: Closed) -> None:
    last = closed.state.last or closed.at
    connection.execute(
        text(_CLOSE),
        {
            "device": closed.device,
            "offset": closed.at.offset,
            "time": _time(closed.at),
            "last_offset": last.offset,
            "last_time": _time(last),
            "faults": closed.state.faults,
            "peak": closed.state.peak,
        },
    )


def _grow(connection: Connection, open_states: Mapping[int, DeviceState]) -> None:
    rows = [
        (device, state.last.offset, _time(state.last), state.faults, state.peak)
        for device, state in open_states.items()
        if state.last is not None
    ]
    insert_values(connection, _GROW, rows)


def _time(moment: Moment) -> datetime:
    return from_micros(moment.time)


_INSERT_INCIDENT = """
    INSERT INTO incident (machine, device, topic, kafka_partition, since_offset, since_time, opened_offset, opened_time,
                          last_offset, last_time, faults, peak, model_version)
    VALUES (:machine, :device, :topic, :partition, :since_offset, :since_time, :opened_offset, :opened_time,
            :opened_offset, :opened_time, :faults, :peak, :version) RETURNING id"""
_INSERT_ALERT = """
    INSERT INTO alert (incident, probability, standing_out, model_version)
    VALUES (:incident, :probability, CAST(:standing_out AS jsonb), :version) RETURNING id"""
# One message a chat, however many subscriptions lead to it.
_TELL = """
    INSERT INTO outbox (channel, address, zone, kind, alert, body)
    SELECT DISTINCT ON (s.channel, s.address) s.channel, s.address, o.zone, 'alert', :alert, CAST(:body AS jsonb)
      FROM subscription s JOIN operator o ON o.id = s.operator AND o.removed_at IS NULL
     WHERE s.machine IS NULL OR s.machine = :machine
     ORDER BY s.channel, s.address, s.id"""
_CLOSE = """
    UPDATE incident SET closed_offset = :offset, closed_time = :time, last_offset = :last_offset,
           last_time = :last_time, faults = :faults, peak = :peak
     WHERE device = :device AND kind = 'fault' AND closed_offset IS NULL"""
_GROW = """
    UPDATE incident i SET last_offset = v.last_offset, last_time = v.last_time, faults = v.faults, peak = v.peak
      FROM (VALUES %s) AS v (device, last_offset, last_time, faults, peak)
     WHERE i.device = v.device AND i.kind = 'fault' AND i.closed_offset IS NULL"""
