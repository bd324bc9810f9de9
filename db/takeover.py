"""Taking one partition over: raise its epoch, and see whether it may go on."""

import logging
from typing import Any

from sqlalchemy import Connection, Row, text

from core.halt import Halt, HaltKind
from core.ports.stream import Claim, LogBounds, TopicPartition
from core.takeover import why_halt
from db.alarms import tell_engineers
from db.catalogue import Catalogued
from db.halts import note_halt

_log = logging.getLogger(__name__)


def take_over(
    connection: Connection, known: Catalogued, partition: TopicPartition, bounds: LogBounds, owner: str
) -> Claim | Halt:
    """Our claim to the partition, whose older owners are zombies from now on; or why it must not be read."""
    topic = known.topics[partition.topic]
    key = {"topic": topic, "partition": partition.partition}
    connection.execute(text(_FIRST_SIGHT), {**key, "topic_id": bounds.topic_id, "low": bounds.low})
    row = connection.execute(text(_RAISE_EPOCH), {**key, "owner": owner}).one()
    if row.halt == HaltKind.NO_ORDER and bounds.ordered:
        connection.execute(text(_ORDER_IS_BACK), key)
    elif row.halt is not None:
        return Halt(HaltKind(row.halt), row.halt_reason)
    if halt := why_halt(row.kafka_topic_id, row.next_offset, bounds):
        note_halt(connection, known.id, topic, partition, halt)
        return halt
    if row.next_offset < bounds.low:
        _note_gap(connection, known.id, key, partition, row, bounds.low)
    start = max(row.next_offset, bounds.low)
    return Claim(partition, start, row.owner_epoch, bytes(row.outcomes), row.lenient_until)


def _note_gap(
    connection: Connection, machine: int, key: dict[str, int], partition: TopicPartition, row: Row[Any], low: int
) -> None:
    lost, name = low - row.next_offset, f"{partition.topic}/{partition.partition}"
    connection.execute(text(_RETENTION_GAP), {**key, "first": row.next_offset, "count": lost, "low": low})
    _log.error("%s: retention removed %d readings before they were stored (gap recorded)", name, lost)
    words = f"⚠ Kafka's retention removed {lost} readings of {name} before they were stored, from {row.next_offset} on."
    tell_engineers(connection, machine, f"{words}\nThe gap is recorded, the partition goes on from {low}.")


_FIRST_SIGHT = """
    INSERT INTO ingest_partition (topic, kafka_partition, kafka_topic_id, first_offset, next_offset)
    VALUES (:topic, :partition, :topic_id, :low, :low) ON CONFLICT DO NOTHING"""
_RAISE_EPOCH = """
    UPDATE ingest_partition SET owner_epoch = owner_epoch + 1, owner = :owner, updated_at = now()
     WHERE topic = :topic AND kafka_partition = :partition
    RETURNING kafka_topic_id, next_offset, owner_epoch, halt, halt_reason, outcomes, lenient_until"""
_ORDER_IS_BACK = """
    UPDATE ingest_partition SET halt = NULL, halt_reason = NULL, halted_at = NULL
     WHERE topic = :topic AND kafka_partition = :partition"""
_RETENTION_GAP = """
    WITH gap AS (INSERT INTO offset_gap (topic, kafka_partition, first_offset, count)
                 VALUES (:topic, :partition, :first, :count))
    UPDATE ingest_partition SET next_offset = :low, gaps = gaps + :count
     WHERE topic = :topic AND kafka_partition = :partition"""
