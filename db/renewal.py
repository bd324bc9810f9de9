"""A topic whose positions come again: it becomes another one in our tables, and what was read of the old is history.

Readings, dead letters and gaps are kept under the topic's number: those of the new log never meet those of the old one.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, text

from core.ports.stream import LogBounds, TopicPartition
from core.repair import Action, Decision


def renew_topic(
    connection: Connection,
    partitions: Sequence[Row[Any]],
    decision: Decision,
    target: int,
    log: Mapping[TopicPartition, LogBounds],
) -> None:
    """Begin each partition's account anew, under an epoch that fences all who knew the old one.

    The decision's partition goes on at `target`; the others where they stood, halted if they were. A topic that was
    made anew restarts as a whole: each of its partitions at its oldest message.
    """
    topic, old = decision.partition.topic, partitions[0].topic
    new = connection.execute(text(_RENEW_TOPIC), {"topic": old}).scalar_one()
    for row in partitions:
        bounds = log.get(TopicPartition(topic, row.kafka_partition))
        key = {"old": old, "new": new, "partition": row.kafka_partition}
        if decision.action == Action.RESTART:
            if bounds is not None:  # else the new topic has fewer partitions
                _begin(connection, key, bounds.topic_id, bounds.low)
        elif row.kafka_partition == decision.partition.partition:
            _begin(connection, key, row.kafka_topic_id, target)
        else:
            connection.execute(text(_CARRY_ON), key)
    for statement in (_RETIRE_PARTITIONS, _FORGET_DEVICES, _FORGET_SENSORS, _CLOSE_INCIDENTS):
        connection.execute(text(statement), {"topic": old})


def _begin(connection: Connection, key: Mapping[str, int], topic_id: str, start: int) -> None:
    connection.execute(text(_BEGIN), {**key, "topic_id": topic_id, "start": start})


_RENEW_TOPIC = """
    WITH retired AS (UPDATE topic SET retired_at = now() WHERE id = :topic RETURNING name, machine)
    INSERT INTO topic (name, machine) SELECT name, machine FROM retired RETURNING id"""
_BEGIN = """
    INSERT INTO ingest_partition (topic, kafka_partition, kafka_topic_id, first_offset, next_offset, owner_epoch,
                                  watermark)
    SELECT :new, kafka_partition, :topic_id, :start, :start, owner_epoch + 1,
           CASE WHEN kafka_topic_id = :topic_id THEN watermark END  -- a remade topic may begin its time anew
      FROM ingest_partition WHERE topic = :old AND kafka_partition = :partition"""
_CARRY_ON = """
    INSERT INTO ingest_partition (topic, kafka_partition, kafka_topic_id, first_offset, next_offset, owner_epoch,
                                  watermark, outcomes, lenient_until, halt, halt_reason, halted_at)
    SELECT :new, kafka_partition, kafka_topic_id, next_offset, next_offset, owner_epoch + 1, watermark,
           outcomes, lenient_until, halt, halt_reason, halted_at
      FROM ingest_partition WHERE topic = :old AND kafka_partition = :partition"""
_RETIRE_PARTITIONS = """
    UPDATE ingest_partition SET halt = NULL, halt_reason = NULL, halted_at = NULL, owner_epoch = owner_epoch + 1
     WHERE topic = :topic"""
# An incident ends with its log: no position of the new one can continue it.
_FORGET_DEVICES = """
    DELETE FROM device_state s
     WHERE EXISTS (SELECT FROM incident i WHERE i.topic = :topic AND i.device = s.device AND i.closed_offset IS NULL)
        OR EXISTS (SELECT FROM reading r WHERE r.topic = :topic AND r.kafka_partition = s.since_partition
                      AND r.kafka_offset = s.since_offset AND r.device = s.device)"""
_FORGET_SENSORS = _FORGET_DEVICES.replace("device_state", "sensor_state")
_CLOSE_INCIDENTS = """
    UPDATE incident SET closed_offset = last_offset, closed_time = last_time
     WHERE topic = :topic AND closed_offset IS NULL"""
