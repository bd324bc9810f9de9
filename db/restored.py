"""What a restored database must know of the time that it does not remember."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, text

from core.ports.stream import TopicPartition
from db.alarms import tell_engineers

_SKIPPED = 100_000
"""Numbers that the lost time may have given out: a button under an old message must never mean a new alert."""


def forget_the_lost_time(
    connection: Connection, made_at: datetime, read_until: Mapping[TopicPartition, tuple[str, int]]
) -> int:
    """Let nobody hear again what they may have heard after the backup was made; how many messages are withheld.

    `read_until`: of each partition Kafka's id of its topic, and how far it was read before the loss.
    """
    withheld = connection.execute(text(_WITHHOLD)).rowcount
    for at, (topic_id, offset) in read_until.items():
        key = {"topic": at.topic, "partition": at.partition, "topic_id": topic_id, "offset": offset}
        connection.execute(text(_TOLD_UNTIL), key)
    for sequence in ("alert_id_seq", "outbox_id_seq", "question_id_seq", "incident_id_seq"):
        connection.execute(text(_SKIP), {"sequence": sequence, "skipped": _SKIPPED})
    words = f"Faultline was restored from the backup of {made_at:%Y-%m-%d %H:%M}Z. What came after it is read again;"
    tell_engineers(connection, None, f"{words}\nwhat people may have heard already does not ring again: see /open.")
    return withheld


_WITHHOLD = """
    UPDATE outbox SET state = 'withheld', lease_until = NULL, lease_owner = NULL, taken_as_told = clock_timestamp(),
           error = 'it waited when the backup was made, and may have been sent since'
     WHERE state IN ('pending', 'sending', 'uncertain', 'kept', 'shelved')"""
_TOLD_UNTIL = """
    UPDATE ingest_partition p SET told_until = :offset FROM topic t
     WHERE t.id = p.topic AND t.name = :topic AND t.retired_at IS NULL AND p.kafka_partition = :partition
       AND p.kafka_topic_id = :topic_id AND p.next_offset < :offset"""
_SKIP = "SELECT setval(CAST(:sequence AS regclass), nextval(CAST(:sequence AS regclass)) + :skipped)"
