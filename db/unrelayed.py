"""Dead letters that have no copy in Kafka yet."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import Engine, text

from core.dead_letter import KeptLetter
from db.dead_letters import LETTER_COLUMNS, LETTER_TABLES, letter_from_row
from db.failures import failures_named

_LETTERS = 500
_BYTES = 4_000_000


class PostgresUnrelayed:
    """All methods raise Unavailable."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @contextmanager
    def alone(self) -> Iterator[bool]:
        """Whether no other process copies at the same time: else each letter would have many copies."""
        # Held by a session and outside any transaction: Kafka may take its time, and rows stay free for everybody.
        with failures_named(), self._engine.connect() as pooled:
            connection = pooled.execution_options(isolation_level="AUTOCOMMIT")
            mine = bool(connection.execute(text(_LOCK)).scalar_one())
            try:
                yield mine
            finally:
                if mine:
                    connection.execute(text(_UNLOCK))

    def waiting(self, without: Collection[str]) -> Sequence[KeptLetter]:
        """The oldest ones that are not of these topics, as many as fit the memory."""
        query = text(_WAITING.format(columns=LETTER_COLUMNS, tables=LETTER_TABLES))
        arguments = {"without": list(without), "letters": _LETTERS, "bytes": _BYTES}
        with failures_named(), self._engine.connect() as connection:
            return [letter_from_row(row) for row in connection.execute(query, arguments).mappings()]

    def relayed(self, letters: Sequence[KeptLetter]) -> None:
        """These have a copy."""
        arguments = {
            "topics": [letter.topic_id for letter in letters],
            "partitions": [letter.partition for letter in letters],
            "offsets": [letter.offset for letter in letters],
        }
        if letters:
            with failures_named(), self._engine.begin() as connection:
                connection.execute(text(_RELAYED), arguments)


_LOCK = "SELECT pg_try_advisory_lock(hashtext('faultline.relay'))"
_UNLOCK = "SELECT pg_advisory_unlock(hashtext('faultline.relay'))"
# What a value weighs is known without reading it.
_WAITING = """
    SELECT {columns}, d.value FROM {tables}
      JOIN (SELECT topic, kafka_partition, kafka_offset,
                   sum(bytes) OVER (ORDER BY recorded_at, topic, kafka_partition, kafka_offset) - bytes AS before
              FROM (SELECT u.recorded_at, u.topic, u.kafka_partition, u.kafka_offset,
                           coalesce(octet_length(u.value), 0) AS bytes
                      FROM dead_letter u JOIN topic n ON n.id = u.topic
                     WHERE u.relayed_at IS NULL AND n.name <> ALL (CAST(:without AS text[]))
                     ORDER BY u.recorded_at LIMIT :letters) oldest) w
        ON w.topic = d.topic AND w.kafka_partition = d.kafka_partition AND w.kafka_offset = d.kafka_offset
     WHERE w.before < :bytes
     ORDER BY d.recorded_at, d.topic, d.kafka_partition, d.kafka_offset"""
_RELAYED = """
    UPDATE dead_letter d SET relayed_at = now()
      FROM unnest(CAST(:topics AS smallint[]), CAST(:partitions AS integer[]), CAST(:offsets AS bigint[]))
           AS w (topic, partition, "offset")
     WHERE d.topic = w.topic AND d.kafka_partition = w.partition AND d.kafka_offset = w."offset" """
