"""Reports of missed faults: labels on readings that raised no alert.

Readings have no index by device; those of a report are found among the newest of each partition, in windows that grow
until one reaches back before the report's time.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, text

from core.command import Command
from core.device_meant import DeviceName
from core.label import Verdict
from core.reply import Outcome, Reply
from core.reply_rules import Given
from core.report import Heard, Span, hear, read_report, span_of
from db.act import Act
from db.answerable import Sender
from db.device_meant import MeantDevice, NotClear, device_meant, this_device

_WINDOWS = (20_000, 160_000, 1_280_000)
"""So many of a partition's newest offsets are looked through."""


class ReportMeant(NamedTuple):
    """The report that an undo means."""

    label: Given
    device: str


class _Found(NamedTuple):
    readings: int
    new: int
    """Of them, those that its sender has not reported yet."""
    first: datetime | None
    newest: datetime | None
    """Of the device, whenever it was."""
    window: int


def report(connection: Connection, reply: Reply, sender: Sender) -> Act:
    """What a report comes to: a label on the device's readings of its span, or the question what is meant."""
    connection.execute(text(_LOCK), {"operator": sender.id})
    at: datetime = reply.at or connection.execute(text("SELECT now()")).scalar_one()
    device = _device(connection, reply, sender)
    told = {"command": Command.FAULT.value, "by": sender.name}
    if isinstance(device, NotClear):
        said = reply.report.device if reply.report else reply.asked.argument if reply.asked else ""
        return Act(Outcome.ASKED_BACK, {**told, "asked": {**device.facts, "argument": said}})
    stated = reply.report or read_report(*device.name, device.rest, at, sender.zone)
    span = span_of(stated, at)
    found = _find(connection, device, sender, span)
    heard = hear(stated, span, found.readings, found.new)
    came_to: dict[str, object] = {"heard": heard.value, "machine": device.name.machine, "device": device.name.device}
    came_to |= {"readings": found.readings, "since": found.first or span.since, "newest": found.newest}
    facts = {**told, "report": came_to}
    if heard is Heard.LABELLED:
        arguments = {**_place(device, span, found.window), "operator": sender.id, "comment": stated.comment}
        return Act(Outcome.REPORTED, facts, partial(_write, connection, arguments))
    return Act(Outcome.REPEATED if heard is Heard.REPEATED else Outcome.ASKED_BACK, facts)


def report_meant(connection: Connection, reply: Reply, sender: Sender) -> ReportMeant | None:
    """The report that an undo takes back, if it is one: named, or replied to, or its sender's newest label."""
    if not reply.is_undo or reply.alert is not None or reply.question is not None:
        return None
    connection.execute(text(_LOCK), {"operator": sender.id})
    arguments = {"operator": sender.id, "takes_back": reply.takes_back, "reference": reply.replies_to}
    row = connection.execute(text(_MEANT), {**arguments, "channel": reply.channel, "chat": reply.chat}).one_or_none()
    return None if row is None else ReportMeant(Given(row.id, sender.id, Verdict.FAULT), row.device)


def _device(connection: Connection, reply: Reply, sender: Sender) -> MeantDevice | NotClear:
    if reply.report is not None:
        return this_device(connection, sender.id, DeviceName(reply.report.machine, reply.report.device))
    return device_meant(connection, sender.id, reply.asked.argument if reply.asked else "")


def _find(connection: Connection, device: MeantDevice, sender: Sender, span: Span) -> _Found:
    for window in _WINDOWS:
        arguments = {**_place(device, span, window), "operator": sender.id}
        row: Row[Any] = connection.execute(text(_FIND), arguments).one()
        if row.reaches:
            break
    return _Found(row.readings, row.new, row.first, row.newest, window)


def _write(connection: Connection, arguments: Mapping[str, object], inbox: int) -> int:
    label: int = connection.execute(text(_INSERT), {**arguments, "inbox": inbox}).scalar_one()
    connection.execute(text(_COPY), {**arguments, "label": label})
    return label


def _place(device: MeantDevice, span: Span, window: int) -> dict[str, object]:
    return {"device": device.id, "since": span.since, "until": span.until, "window": window}


_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('faultline.report', :operator))"
_MEANT = """
    SELECT l.id, d.name AS device FROM label l JOIN device d ON d.id = l.device
     WHERE l.operator = :operator AND NOT EXISTS (SELECT FROM label_undo u WHERE u.label = l.id)
       AND l.id = CASE WHEN CAST(:takes_back AS bigint) IS NOT NULL THEN :takes_back
                       WHEN CAST(:reference AS text) IS NOT NULL THEN (
                           SELECT CAST(o.body->>'label' AS bigint) FROM outbox o
                            WHERE o.channel = :channel AND o.address = :chat AND o.reference = :reference)
                       ELSE (SELECT max(n.id) FROM label n WHERE n.operator = :operator
                                AND NOT EXISTS (SELECT FROM label_undo u WHERE u.label = n.id)) END"""
_NEWEST_READINGS = """
      FROM device d JOIN topic t ON t.machine = d.machine AND t.retired_at IS NULL
      JOIN ingest_partition p ON p.topic = t.id
      JOIN reading r ON r.topic = p.topic AND r.kafka_partition = p.kafka_partition
                    AND r.kafka_offset >= p.next_offset - :window
     WHERE d.id = :device AND r.device = :device"""
# Readings with a quality flag were not scored: they say nothing about the machine.
_SPOKEN_OF = "r.quality = 0 AND r.time BETWEEN :since AND :until"
_REPORTED = """
    EXISTS (SELECT FROM label l JOIN labelled_reading c ON c.label = l.id
             WHERE l.device = :device AND l.operator = :operator AND c.topic = r.topic
               AND c.kafka_partition = r.kafka_partition AND c.kafka_offset = r.kafka_offset
               AND NOT EXISTS (SELECT FROM label_undo u WHERE u.label = l.id))"""
_FIND = f"""
    SELECT count(*) FILTER (WHERE {_SPOKEN_OF}) AS readings,
           count(*) FILTER (WHERE {_SPOKEN_OF} AND NOT {_REPORTED}) AS new,
           min(r.time) FILTER (WHERE {_SPOKEN_OF}) AS first, max(r.time) AS newest,
           coalesce(bool_or(r.time < :since), false) AS reaches {_NEWEST_READINGS}"""
_INSERT = """
    INSERT INTO label (source, machine, device, since, operator, verdict, comment, inbox)
    SELECT 'report', machine, id, :since, :operator, 'fault', :comment, :inbox FROM device WHERE id = :device
    RETURNING id"""
_COPY = f"""
    INSERT INTO labelled_reading (label, topic, kafka_partition, kafka_offset, machine, device, time, sensors, quality,
                                  class, score, model_version)
    SELECT :label, r.topic, r.kafka_partition, r.kafka_offset, d.machine, r.device, r.time, r.sensors, r.quality,
           r.class, r.score, r.model_version {_NEWEST_READINGS} AND {_SPOKEN_OF}"""
