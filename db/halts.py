"""Halted partitions: core.ports.stream.Halts on Postgres, and the note that makes one."""

from collections.abc import Collection

from sqlalchemy import Connection, Engine, text

from core.halt import Halt
from core.ports.stream import TopicPartition
from db.alarms import tell_engineers
from db.failures import failures_named


class PostgresHalts:
    """Which partitions are halted."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def among(self, partitions: Collection[TopicPartition]) -> Collection[TopicPartition]:
        """Those of these partitions that are halted still. Raises Unavailable."""
        with failures_named(), self._engine.connect() as connection:
            rows = connection.execute(text(_HALTED)).all()
        return {TopicPartition(row.name, row.kafka_partition) for row in rows}.intersection(partitions)


def note_halt(connection: Connection, machine: int, topic: int, partition: TopicPartition, halt: Halt) -> None:
    """Halt the partition and tell the engineers, once; a partition that is halted already stays as it is."""
    arguments = {"topic": topic, "partition": partition.partition, "halt": halt.kind.value, "reason": halt.reason}
    if connection.execute(text(_NOTE), arguments).rowcount:
        name = f"{partition.topic} {partition.partition}"
        words = f"⛔ Partition {name} is halted: {halt.reason}. The others go on, and what is stored is safe."
        tell_engineers(connection, machine, f"{words}\nDecide how it goes on: partitions resolve {name}")


_HALTED = """
    SELECT t.name, p.kafka_partition FROM ingest_partition p JOIN topic t ON t.id = p.topic
     WHERE p.halt IS NOT NULL AND t.retired_at IS NULL"""
_NOTE = """
    UPDATE ingest_partition SET halt = :halt, halt_reason = :reason, halted_at = now()
     WHERE topic = :topic AND kafka_partition = :partition AND halt IS NULL"""
