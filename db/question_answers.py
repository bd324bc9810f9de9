"""Answers to questions: labels on the one reading that was asked about."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from sqlalchemy import Connection, Row, text

from core.any_answer import read_any_answer
from core.measured import Measurable
from core.reply import Outcome, Reply
from db.act import Act
from db.answerable import Sender
from db.labels import take_back


def answer(connection: Connection, reply: Reply, sender: Sender) -> Act | None:
    """What a reply to a question comes to; None: it is none, or says nothing that is an answer."""
    if reply.refusal is not None:
        return None
    question = _meant(connection, reply, sender)
    if question is None:
        return None
    facts = {"question": question.id, "device": question.device}
    if reply.is_undo:
        own = question.operator == sender.id and reply.takes_back in (None, question.label)
        undo = partial(_undo, connection, question, sender)
        return (
            Act(Outcome.UNDONE, {**facts, "verdict": question.verdict}, undo)
            if own
            else Act(Outcome.NOTHING_TO_UNDO, facts)
        )
    low, high = question.limits or (None, None)
    said = read_any_answer(reply.text, (), Measurable(low, high) if question.limits else None)
    if said is None:
        return None
    verdict, comment = said.answer.verdict.value, reply.comment or said.answer.comment
    facts |= {"verdict": verdict} | ({} if said.value is None else {"value": said.value})
    same = (question.operator, question.verdict) == (sender.id, verdict) and said.value in (None, question.value)
    if not comment and same:
        return Act(Outcome.REPEATED, facts)
    label = {"question": question.id, "operator": sender.id, "verdict": verdict, "comment": comment}
    label["value"] = said.value
    return Act(Outcome.LABELLED, facts, partial(_write, connection, {**label, "corrects": question.label}))


def _meant(connection: Connection, reply: Reply, sender: Sender) -> Row[Any] | None:
    """The question that its button or the message it replies to names; for a plain undo, the one answered last."""
    if reply.alert is not None or (reply.question is None and reply.replies_to is None and not reply.is_undo):
        return None
    arguments = {"question": reply.question, "reference": reply.replies_to, "operator": sender.id}
    arguments |= {"channel": reply.channel, "chat": reply.chat}
    number = connection.execute(text(_NUMBER), arguments).scalar_one_or_none()
    if number is None:
        return None
    connection.execute(text(_LOCK), {"question": number})
    return connection.execute(text(_QUESTION), {"question": number, "operator": sender.id}).one_or_none()


def _write(connection: Connection, label: Mapping[str, object], inbox: int) -> int:
    number: int = connection.execute(text(_LABEL), {**label, "inbox": inbox}).scalar_one()
    connection.execute(text(_COPY), {"label": number})
    _show(connection, label["question"])
    return number


def _undo(connection: Connection, question: Row[Any], sender: Sender, inbox: int) -> None:
    take_back(connection, question.label, sender.id, inbox)
    _show(connection, question.id)


def _show(connection: Connection, question: object) -> None:
    """Queue an edit of the question's message that shows the answer that counts, or none."""
    connection.execute(text(_EDIT), {"question": question})
    connection.execute(text("SELECT pg_notify('outbox', '')"))


_NUMBER = """
    SELECT CASE WHEN CAST(:question AS bigint) IS NOT NULL THEN :question
                WHEN CAST(:reference AS text) IS NOT NULL THEN (
                    SELECT max(question) FROM outbox
                     WHERE channel = :channel AND address = :chat AND reference = :reference)
                ELSE (SELECT l.question FROM label l
                       WHERE l.operator = :operator AND NOT EXISTS (SELECT FROM label_undo u WHERE u.label = l.id)
                       ORDER BY l.id DESC LIMIT 1) END"""
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('faultline.question', :question))"
# Of the machines that the sender follows.
_QUESTION = """
    SELECT q.id, d.name AS device, l.id AS label, l.operator, l.verdict, l.value, m.limits
      FROM question q JOIN device d ON d.id = q.device JOIN machine m ON m.id = q.machine
      LEFT JOIN effective_label l ON l.question = q.id
     WHERE q.id = :question
       AND EXISTS (SELECT FROM subscription s
                    WHERE s.operator = :operator AND (s.machine IS NULL OR s.machine = q.machine))"""
_LABEL = """
    INSERT INTO label (source, machine, question, operator, verdict, value, comment, corrects, inbox)
    SELECT 'question', machine, id, :operator, :verdict, :value, :comment, :corrects, :inbox
      FROM question WHERE id = :question
    RETURNING id"""
_COPY = """
    INSERT INTO labelled_reading (label, topic, kafka_partition, kafka_offset, machine, device, time, sensors, quality,
                                  class, score, model_version)
    SELECT l.id, q.topic, q.kafka_partition, q.kafka_offset, q.machine, q.device, q.time, q.sensors, 0, q.class,
           q.score, q.model_version
      FROM label l JOIN question q ON q.id = l.question WHERE l.id = :label"""
_EDIT = """
    INSERT INTO outbox (channel, address, zone, kind, question, body, edits)
    SELECT o.channel, o.address, o.zone, 'question', o.question,
           o.body || coalesce((SELECT jsonb_build_object('verdict', l.verdict, 'by', p.name, 'label', l.id)
                                 FROM effective_label l JOIN operator p ON p.id = l.operator
                                WHERE l.question = o.question), '{}'), o.id
      FROM outbox o WHERE o.question = :question AND o.edits IS NULL AND o.state <> 'dead'"""
