"""Incidents of silence: opened with an alert when a device stops speaking, closed when it speaks again."""

from collections.abc import Collection

import numpy as np
from sqlalchemy import Connection, text

from core.batch import Integers, from_micros, to_micros
from core.ports.stream import TopicPartition
from core.severity import Severity, graded
from core.silence import Heard, LastReading, Silence
from core.span import Way
from db.alerts import tell, wake, way_on
from db.bulk import insert_values
from db.catalogue import Catalogued
from db.heard import heard_elsewhere


def silent_devices(connection: Connection, machine: str) -> Collection[int]:
    """The machine's devices with an open incident of silence."""
    return set(connection.execute(text(_OPEN), {"machine": machine}).scalars())


def save_silence(
    connection: Connection,
    known: Catalogued,
    partition: TopicPartition,
    silence: Silence,
    watermark: int,
    model_version: int,
) -> Integers:
    """Open and close incidents; the devices that speak in another partition by now and so are not silent at all."""
    topic = known.topics[partition.topic]
    for last in silence.speaks_again:
        connection.execute(text(_CLOSE), {"device": last.device, "offset": last.offset, "time": from_micros(last.time)})
    _raise(connection, known, topic, partition.partition, watermark)
    if not silence.fell_silent:
        return np.empty(0, dtype=np.int64)
    elsewhere = heard_elsewhere(connection, known.id, topic, partition.partition)
    moved = {last.device for last in silence.fell_silent if _spoke_since(elsewhere, last)}
    for last in silence.fell_silent:
        if last.device not in moved:
            _open(connection, known, partition, last, watermark, model_version, silence.way)
    return np.array(sorted(moved), dtype=np.int64)


def _spoke_since(elsewhere: Heard, last: LastReading) -> bool:
    return bool(((elsewhere.devices == last.device) & (elsewhere.times > last.time)).any())


def _raise(connection: Connection, known: Catalogued, topic: int, partition: int, watermark: int) -> None:
    """Silences that last become more severe, never less; whoever tells people of it is woken."""
    before = connection.execute(text(_SEVERITIES), {"topic": topic, "partition": partition}).all()
    now = [(row.id, _severity(watermark - to_micros(row.since_time), known)) for row in before]
    raised = [one for one, row in zip(now, before, strict=True) if one[1] > row.severity]
    if raised:
        insert_values(connection, _RAISE, raised)
        wake(connection)


def _severity(micros: int, known: Catalogued) -> Severity:
    """Of a silence that has lasted for so long: no model says how likely a fault it is."""
    return graded(0.0, micros / 1e6, known.machine.alerts).severity


def _open(
    connection: Connection,
    known: Catalogued,
    partition: TopicPartition,
    last: LastReading,
    watermark: int,
    model_version: int,
    way: Way | None,
) -> None:
    severity = _severity(watermark - last.time, known)
    incident = connection.execute(
        text(_INSERT_INCIDENT),
        {
            "machine": known.id,
            "device": last.device,
            "topic": known.topics[partition.topic],
            "partition": partition.partition,
            "offset": last.offset,
            "time": from_micros(last.time),
            "watermark": from_micros(watermark),
            "version": model_version,
            "severity": severity,
        },
    ).scalar_one_or_none()
    if incident is None:
        return  # it was closed by hand, say: one last reading is the end of one silence
    alert = connection.execute(text(_INSERT_ALERT), {"incident": incident, "version": model_version}).scalar_one()
    facts = {
        "alert": alert,
        "kind": "silent",
        "machine": known.machine.name,
        "title": known.machine.title or known.machine.name,
        "device": connection.execute(text(_NAME), {"device": last.device}).scalar_one(),
        "since": from_micros(last.time).isoformat(),
        "probability": 0.0,
        "severity": severity,
        "standing_out": [],
        "model_version": model_version,
        "advice": "",
        **way_on(way, partition.partition, last.offset),
    }
    tell(connection, known.id, [facts])


_OPEN = """
    SELECT device FROM incident
     WHERE machine = (SELECT id FROM machine WHERE name = :machine) AND kind = 'silent' AND closed_offset IS NULL"""
_NAME = "SELECT name FROM device WHERE id = :device"
_CLOSE = """
    UPDATE incident SET closed_offset = :offset, closed_time = :time
     WHERE device = :device AND kind = 'silent' AND closed_offset IS NULL"""
_SEVERITIES = """
    SELECT id, since_time, severity FROM incident
     WHERE topic = :topic AND kafka_partition = :partition AND kind = 'silent' AND closed_offset IS NULL"""
_RAISE = "UPDATE incident i SET severity = v.severity FROM (VALUES %s) AS v (id, severity) WHERE i.id = v.id"
# Named by the device's last reading: the same silence cannot be opened twice, whoever asks again.
_INSERT_INCIDENT = """
    INSERT INTO incident (machine, device, kind, topic, kafka_partition, since_offset, since_time, opened_offset,
                          opened_time, last_offset, last_time, faults, peak, model_version, severity)
    VALUES (:machine, :device, 'silent', :topic, :partition, :offset, :time, :offset, :watermark, :offset, :time,
            0, 0, :version, :severity)
    ON CONFLICT (topic, kafka_partition, opened_offset, kind) DO NOTHING RETURNING id"""
_INSERT_ALERT = """
    INSERT INTO alert (incident, probability, standing_out, model_version)
    VALUES (:incident, 0, '[]', :version) RETURNING id"""
