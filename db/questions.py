"""Questions about readings that raised no alert: drawn from what is stored, so that ingest knows nothing of them.

Of each stretch of readings between two groups of questions one window is drawn and asked about. The bookmarks of the
stretch and the questions move in one transaction.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
import numpy as np
from sqlalchemy import Connection, Engine, Row, text

from core.batch import Floats
from core.machine import Machine
from core.question import WINDOW, Window, draw, how_many, pick
from core.sensor_tail import Tail, promise_of, tail_of
from core.stored_inputs import StoredInputs
from db.failures import failures_named

_FEW = 50
"""Fewer reviewed normal readings say little: the window itself is what is usual then."""


class PostgresQuestions:
    """Asks the operators who get a machine on Telegram, the page or the console, within each one's daily budget."""

    def __init__(self, engine: Engine, machines: Mapping[str, Machine]) -> None:
        """`machines`: the files, whose engineered sensors may be why we ask."""
        self._engine = engine
        self._machines = machines

    def ask(self) -> int:
        """Queue the questions that are due; how many. Several processes may call it. Raises Unavailable."""
        with failures_named(), self._engine.begin() as connection:
            if not connection.execute(text(_ALONE)).scalar_one():
                return 0
            connection.execute(text(_BEGIN))
            machines = connection.execute(text(_MACHINES)).all()
            count = sum(_ask(connection, machine, self._machines.get(machine.name)) for machine in machines)
            if count:
                connection.execute(text("SELECT pg_notify('outbox', '')"))
            return count


def _ask(connection: Connection, machine: Row[Any], file: Machine | None) -> int:
    """Ask what is due of a machine: the operator who may be asked most."""
    due = [(_due(row), row) for row in connection.execute(text(_ASKABLE), {"machine": machine.id})]
    most, operator = max(due, key=lambda pair: pair[0], default=(0, None))
    stretch = connection.execute(text(_NEW), {"machine": machine.id, "window": WINDOW}).all()
    windows = sum(row.windows for row in stretch)
    if most == 0 or operator is None or windows == 0:
        return 0
    for row in stretch:
        connection.execute(text(_MOVE), {**row._mapping, "window": WINDOW})
    place = pick(windows, repr([tuple(row)[:3] for row in stretch]).encode())
    rows = _readings(connection, machine, stretch, place)
    if not rows:
        return 0
    inputs = StoredInputs.of(machine.sensors, file)
    columns = inputs.columns([row.sensors for row in rows])
    tail = _tail(connection, machine, inputs, columns, place)
    drawn = draw(_window(rows, tail), most, nearest=machine.task == "one_class")
    for one in drawn:
        why = {"pool": one.pool.value, "weight": one.weight * windows, "above": bool(tail.above[one.row])}
        why["sensor"] = inputs.names[tail.sensors[one.row]]
        values = zip(inputs.names, columns[one.row].tolist(), strict=True)
        readings = [(name, None if np.isnan(value) else value) for name, value in values]
        _queue(connection, machine, operator, rows[one.row], why, readings)
    return len(drawn)


def _queue(
    connection: Connection,
    machine: Row[Any],
    operator: Row[Any],
    reading: Row[Any],
    why: Mapping[str, object],
    readings: Sequence[tuple[str, float | None]],
) -> None:
    asked = {**reading._mapping, **why, "machine": machine.id, "operator": operator.id}
    question = connection.execute(text(_INSERT), asked).scalar_one()
    if operator.channel == "page":
        return  # which shows what it finds: it has no messages
    body = {
        **why,
        "question": question,
        "machine": machine.name,
        "task": machine.task,
        "device": reading.name,
        "time": reading.time,
    }
    body |= {"probability": reading.score, "readings": readings}
    arguments = {"channel": operator.channel, "address": operator.address, "zone": operator.zone, "question": question}
    connection.execute(text(_QUEUE), {**arguments, "body": msgspec.json.encode(body).decode()})


def _due(row: Row[Any]) -> int:
    asked: Sequence[datetime] = row.asked
    return how_many(row.now, asked, row.since, row.questions_a_day)


def _readings(connection: Connection, machine: Row[Any], stretch: Sequence[Row[Any]], place: int) -> Sequence[Row[Any]]:
    """The scored readings of the window at that place that raised no alert."""
    for row in stretch:
        if place < row.windows:
            first = row.next_offset + place * WINDOW
            where = {"machine": machine.id, "topic": row.topic, "partition": row.kafka_partition}
            return connection.execute(text(_READINGS), {**where, "first": first, "last": first + WINDOW - 1}).all()
        place -= row.windows
    return ()


def _tail(connection: Connection, machine: Row[Any], inputs: StoredInputs, asked: Floats, seed: int) -> Tail:
    normal = connection.execute(text(_NORMAL), {"machine": machine.id}).scalars().all()
    found = np.zeros((2, len(inputs.names), 2))
    places = {name: place for place, name in enumerate(inputs.names)}
    for row in connection.execute(text(_FOUND), {"machine": machine.id}):
        if row.sensor in places:  # an engineered one may have been taken out of the file since
            found[:, places[row.sensor], 0 if row.above else 1] = row.faults, row.normals
    usual = inputs.columns(normal) if len(normal) >= _FEW else asked
    return tail_of(asked, usual, promise_of(found[0], found[1], seed))


def _window(rows: Sequence[Row[Any]], tail: Tail) -> Window:
    scores, thresholds = np.array([(row.score, row.threshold) for row in rows], dtype=np.float64).T
    return Window([str(row.id).encode() for row in rows], scores, thresholds, tail.scores)


_ALONE = "SELECT pg_try_advisory_xact_lock(hashtext('faultline.questions'))"
_BEGIN = """
    INSERT INTO question_bookmark (topic, kafka_partition, next_offset)
    SELECT topic, kafka_partition, next_offset FROM ingest_partition ON CONFLICT DO NOTHING"""
# The machine that was asked about longest ago comes first.
_MACHINES = """
    SELECT m.id, m.name, m.task, m.sensors FROM machine m
     ORDER BY (SELECT max(q.created_at) FROM question q WHERE q.machine = m.id) NULLS FIRST, m.id"""
# Nobody is asked in quiet hours; who has several channels, in the chat, or else on the page.
_ASKABLE = """
    SELECT DISTINCT ON (o.id) o.id, o.zone, o.questions_a_day, s.channel, s.address, now() AS now,
           ARRAY(SELECT q.created_at FROM question q
                  WHERE q.operator = o.id AND q.created_at > now() - interval '1 day') AS asked,
           (SELECT min(b.created_at) FROM question_bookmark b JOIN topic t ON t.id = b.topic
             WHERE t.machine = :machine) AS since
      FROM operator o JOIN subscription s ON s.operator = o.id AND s.channel IN ('telegram', 'page', 'console')
     WHERE o.removed_at IS NULL AND o.questions_a_day > 0 AND (s.machine IS NULL OR s.machine = :machine)
       AND NOT EXISTS (SELECT FROM operator_quiet q WHERE q.operator = o.id AND q.quiet)
       AND EXISTS (SELECT FROM question_bookmark b JOIN topic t ON t.id = b.topic WHERE t.machine = :machine)
     ORDER BY o.id, s.channel DESC, s.id"""
_NEW = """
    SELECT b.topic, b.kafka_partition, b.next_offset, (p.next_offset - b.next_offset) / :window AS windows
      FROM question_bookmark b JOIN ingest_partition p USING (topic, kafka_partition)
      JOIN topic t ON t.id = b.topic AND t.retired_at IS NULL
     WHERE t.machine = :machine AND p.next_offset - b.next_offset >= :window
     ORDER BY b.topic, b.kafka_partition FOR UPDATE OF b"""
_MOVE = """
    UPDATE question_bookmark SET next_offset = :next_offset + :windows * :window
     WHERE topic = :topic AND kafka_partition = :kafka_partition"""
_READINGS = """
    SELECT r.topic, r.kafka_partition, r.kafka_offset, r.id, r.device, d.name, r.time, r.sensors, r.class, r.score,
           r.model_version, v.threshold
      FROM reading r JOIN device d ON d.id = r.device
      JOIN model_version v ON v.machine = :machine AND v.number = r.model_version
     WHERE r.topic = :topic AND r.kafka_partition = :partition AND r.kafka_offset BETWEEN :first AND :last
       AND r.quality = 0 AND r.score < v.threshold
       AND NOT EXISTS (SELECT FROM incident i
                        WHERE i.topic = r.topic AND i.kafka_partition = r.kafka_partition AND i.device = r.device
                          AND i.kind = 'fault' AND r.kafka_offset BETWEEN i.since_offset AND i.last_offset)
       AND NOT EXISTS (SELECT FROM shelf s WHERE s.device = r.device AND s.ended_at IS NULL AND s.until > now())"""
_NORMAL = """
    SELECT c.sensors FROM effective_label l JOIN labelled_reading c ON c.label = l.id
     WHERE l.machine = :machine AND l.verdict = 'false_alarm' ORDER BY l.id DESC LIMIT 2000"""
_FOUND = """
    SELECT q.sensor, q.above, count(*) FILTER (WHERE l.verdict = 'fault') AS faults,
           count(*) FILTER (WHERE l.verdict = 'false_alarm') AS normals
      FROM question q JOIN effective_label l ON l.question = q.id
     WHERE q.machine = :machine AND q.pool = 'tail' GROUP BY q.sensor, q.above"""
_INSERT = """
    INSERT INTO question (machine, device, topic, kafka_partition, kafka_offset, pool, weight, operator, sensor, above,
                          time, sensors, class, score, model_version)
    VALUES (:machine, :device, :topic, :kafka_partition, :kafka_offset, :pool, :weight, :operator, :sensor, :above,
            :time, :sensors, :class, :score, :model_version) RETURNING id"""
_QUEUE = """
    INSERT INTO outbox (channel, address, zone, kind, question, body)
    VALUES (:channel, :address, :zone, 'question', :question, CAST(:body AS jsonb))"""
