"""Labels: append-only verdicts on an incident, with copies of its readings and the edits that show the answer."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection, text

from core.label import Verdict
from core.reply_rules import Given


class NewLabel(NamedTuple):
    """What a person says of an incident."""

    operator: int
    verdict: Verdict
    comment: str
    settles: bool
    corrects: int | None
    """The label that counted before."""
    defect: str = ""
    """That the person named."""
    value: float | None = None
    """That the person measured."""


def lock_incident_of(connection: Connection, alert: int) -> None:
    """Let nobody else label the alert's incident until this transaction ends."""
    connection.execute(text(_LOCK), {"alert": alert})


def labels_given(connection: Connection, alert: int) -> Sequence[Given]:
    """The labels of the alert's incident that nobody took back, the newest first."""
    rows = connection.execute(text(_GIVEN), {"alert": alert}).all()
    return [Given(row.id, row.operator, Verdict(row.verdict), row.settles, row.defect, row.value) for row in rows]


def said_of(connection: Connection, alert: int) -> object:
    """What each person says of the alert's incident where they differ, as core.dispute.Said; else nothing."""
    return connection.execute(text(_SAID), {"alert": alert}).scalar_one_or_none() or ()


def add_label(connection: Connection, alert: int, new: NewLabel, inbox: int) -> int:
    """Label the alert's incident and copy its stored readings, from the first fault to the newest one; the id.

    Readings that were not scored (any quality flag) say nothing about the machine and are left out; nor does the last
    reading before a silence.
    """
    arguments = {**new._asdict(), "verdict": new.verdict.value, "alert": alert, "inbox": inbox}
    label: int = connection.execute(text(_INSERT_LABEL), arguments).scalar_one()
    connection.execute(text(_COPY_READINGS), {"label": label})
    return label


def take_back(connection: Connection, label: int, operator: int, inbox: int) -> None:
    """The label counts no longer; the one before it does again, if there is one."""
    connection.execute(text(_TAKE_BACK), {"label": label, "operator": operator, "inbox": inbox})


def add_comment(connection: Connection, alert: int, operator: int, words: str, inbox: int) -> None:
    """Keep words about the alert's incident that are no verdict."""
    arguments = {"alert": alert, "operator": operator, "words": words, "inbox": inbox}
    connection.execute(text(_INSERT_COMMENT), arguments)


def show_all_defects(connection: Connection, alert: int, channel: str, chat: str) -> None:
    """Queue an edit of the alert's messages in this chat that offers a button for each defect."""
    arguments = {"alert": alert, "channel": channel, "chat": chat}
    connection.execute(text(_INSERT_EDITS + _IN_CHAT), arguments | {"more": '{"all_defects": true}'})
    connection.execute(text("SELECT pg_notify('outbox', '')"))


def show_answer(connection: Connection, alert: int) -> None:
    """Queue an edit of every message of the alert, so that each reader sees the answer that counts, or none."""
    connection.execute(text(_INSERT_EDITS + _IN_ORDER), {"alert": alert, "more": "{}"})
    connection.execute(text("SELECT pg_notify('outbox', '')"))


_LOCK = """
    SELECT pg_advisory_xact_lock(hashtextextended('faultline.label', incident)) FROM alert WHERE id = :alert"""
_GIVEN = """
    SELECT l.id, l.operator, l.verdict, l.settles, l.defect, l.value
      FROM alert a JOIN label l ON l.incident = a.incident
     WHERE a.id = :alert AND NOT EXISTS (SELECT FROM label_undo u WHERE u.label = l.id) ORDER BY l.id DESC"""
_SAID = """
    SELECT s.said FROM alert a JOIN incident_said s ON s.incident = a.incident WHERE a.id = :alert AND s.disputed"""
_INSERT_LABEL = """
    INSERT INTO label (machine, incident, alert, operator, verdict, defect, value, comment, settles, corrects,
                       inbox)
    SELECT i.machine, i.id, a.id, :operator, :verdict, :defect, :value, :comment, :settles, :corrects, :inbox
      FROM alert a JOIN incident i ON i.id = a.incident WHERE a.id = :alert
    RETURNING id"""
_COPY_READINGS = """
    INSERT INTO labelled_reading (label, topic, kafka_partition, kafka_offset, machine, device, time, sensors, quality,
                                  class, score, model_version)
    SELECT l.id, r.topic, r.kafka_partition, r.kafka_offset, i.machine, r.device, r.time, r.sensors, r.quality,
           r.class, r.score, r.model_version
      FROM label l JOIN incident i ON i.id = l.incident
      JOIN reading r ON r.topic = i.topic AND r.kafka_partition = i.kafka_partition
                    AND r.kafka_offset BETWEEN i.since_offset AND i.last_offset
     WHERE l.id = :label AND r.device = i.device AND r.quality = 0 AND i.kind = 'fault'"""
_TAKE_BACK = "INSERT INTO label_undo (label, operator, inbox) VALUES (:label, :operator, :inbox)"
_INSERT_COMMENT = """
    INSERT INTO comment (incident, operator, words, inbox)
    SELECT incident, :operator, :words, :inbox FROM alert WHERE id = :alert"""
_INSERT_EDITS = """
    INSERT INTO outbox (channel, address, zone, kind, alert, body, edits)
    SELECT o.channel, o.address, o.zone, 'answered', o.alert,
           o.body || coalesce((SELECT n.facts FROM alert_answer n WHERE n.alert = o.alert), '{}')
           || CAST(:more AS jsonb), o.id
      FROM outbox o
     WHERE o.alert = :alert AND o.state NOT IN ('dead', 'shelved', 'kept', 'withheld')
       AND (o.kind IN ('alert', 'shown') OR o.kind = 'again' AND o.state <> 'pending')"""
_IN_CHAT = " AND o.channel = :channel AND o.address = :chat ORDER BY o.id"
_IN_ORDER = " ORDER BY o.id"
