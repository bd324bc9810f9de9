"""Where each partition stands, for people."""

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct
from sqlalchemy import Engine, text

from core.ports.stream import TopicPartition
from db.failures import failures_named


class PartitionStatus(Struct, kw_only=True):
    """What is stored of one partition."""

    topic: str
    partition: int
    owner: str = ""
    """Who reads it, or was the last to."""
    epoch: int = 0
    next_offset: int | None = None
    """None: not read yet."""
    watermark: datetime | None = None
    """The newest event time stored."""
    log: str = "unknown"
    """Whether it is in Kafka: there, absent, or unknown; filled in by whoever can ask Kafka, as is the lag."""
    lag: int | None = None
    """Messages in Kafka that are not stored yet; None where nobody knows."""
    halt: str | None = None
    halt_reason: str | None = None
    halted_at: datetime | None = None


class PostgresPartitions:
    """Reads what the consumers wrote."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def all(self) -> Mapping[TopicPartition, PartitionStatus]:
        """Every partition that was ever read, by topic and number. Raises Unavailable."""
        with failures_named(), self._engine.connect() as connection:
            rows = connection.execute(text(_PARTITIONS)).mappings().all()
        found = [PartitionStatus(**row) for row in rows]
        return {TopicPartition(one.topic, one.partition): one for one in found}


_PARTITIONS = """
    SELECT t.name AS topic, p.kafka_partition AS partition, p.owner, p.owner_epoch AS epoch, p.next_offset, p.watermark,
           p.halt, p.halt_reason, p.halted_at
      FROM ingest_partition p JOIN topic t ON t.id = p.topic
     WHERE t.retired_at IS NULL ORDER BY t.name, p.kafka_partition"""
