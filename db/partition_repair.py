"""A person's decision about a halted partition, carried out and recorded in one transaction."""

from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, Row, text

from core.errors import UserError
from core.halt import Halt, HaltKind
from core.ports.stream import LogBounds, TopicPartition
from core.repair import Action, Decision, next_offset
from db.failures import failures_named
from db.renewal import renew_topic


class PostgresRepair:
    """Lets halted partitions go on."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def resolve(self, decision: Decision, log: Mapping[TopicPartition, LogBounds]) -> int:
        """Carry the decision out; where the partition goes on. `log`: what Kafka says of its topic's partitions.

        Raises UserError where the decision does not fit the halt, Unavailable.
        """
        at = decision.partition
        with failures_named(), self._engine.begin() as connection:
            # All of the topic's, in the consumers' order: a decision may concern them all.
            rows = connection.execute(text(_LOCK), {"topic": at.topic}).all()
            row = next((row for row in rows if row.kafka_partition == at.partition), None)
            if row is None:
                raise UserError(f"{at.topic} {at.partition} was never read: ./run partitions shows what was")
            target = next_offset(decision, _halt(row), row.next_offset, log.get(at))
            if decision.renews_topic:
                renew_topic(connection, rows, decision, target, log)
            else:
                _release(connection, row, target, decision)
            connection.execute(text(_AUDIT), {"actor": decision.by, "detail": _detail(decision, row, target)})
        return target


def _release(connection: Connection, row: Row[Any], target: int, decision: Decision) -> None:
    """The partition goes on in the same log, and its dead letters are counted anew."""
    key = {"topic": row.topic, "partition": row.kafka_partition}
    skipped = target - row.next_offset
    if skipped:
        connection.execute(text(_GAP), {**key, "first": row.next_offset, "count": skipped})
    lenient_until = target + (decision.count or 0) if decision.action == Action.ACCEPT else 0
    arguments = {"next": target, "skipped": skipped, "lenient_until": lenient_until}
    connection.execute(text(_RELEASE), {**key, **arguments})


def _halt(row: Row[Any]) -> Halt | None:
    return None if row.halt is None else Halt(HaltKind(row.halt), row.halt_reason)


def _detail(decision: Decision, row: Row[Any], target: int) -> str:
    """What the audit keeps."""
    facts = {
        "topic": decision.partition.topic,
        "partition": decision.partition.partition,
        "halt": row.halt,
        "halt_reason": row.halt_reason,
        "halted_at": row.halted_at,
        "action": decision.action,
        "reason": decision.reason,
        "from_offset": row.next_offset,
        "to_offset": target,
        "count": decision.count,
    }
    return msgspec.json.encode(facts).decode()


_LOCK = """
    SELECT p.* FROM ingest_partition p JOIN topic t ON t.id = p.topic
     WHERE t.name = :topic AND t.retired_at IS NULL ORDER BY p.kafka_partition FOR UPDATE OF p"""
_RELEASE = """
    UPDATE ingest_partition
       SET halt = NULL, halt_reason = NULL, halted_at = NULL, owner_epoch = owner_epoch + 1, updated_at = now(),
           next_offset = :next, gaps = gaps + :skipped, outcomes = '', lenient_until = :lenient_until
     WHERE topic = :topic AND kafka_partition = :partition"""
_GAP = """
    INSERT INTO offset_gap (topic, kafka_partition, first_offset, count) VALUES (:topic, :partition, :first, :count)"""
_AUDIT = "INSERT INTO audit (actor, action, detail) VALUES (:actor, 'partitions resolve', CAST(:detail AS jsonb))"
