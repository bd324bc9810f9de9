"""When devices were last heard, as Postgres keeps it: one row a partition, brought up to date by its owner's sweeps."""

import numpy as np
from sqlalchemy import Connection, text

from core.batch import Quality
from core.silence import NEVER, Heard

_MOST_SINCE = 5_000_000
"""More readings than are stored between two sweeps: the machine did not ask for silence for a while."""
_ROW = np.dtype([("device", "<i4"), ("time", "<i8"), ("offset", "<i8")])


def heard_in(connection: Connection, topic: int, partition: int, hole: float) -> Heard:
    """Who was heard in a partition, as its last sweep saved it and with all that was stored since.

    Devices that fell silent before anybody asked for silence, or while nobody did, are not among them.
    """
    key = {"topic": topic, "partition": partition}
    connection.execute(text(_FIRST_SIGHT), {**key, "never": NEVER})
    saved = connection.execute(text(_SAVED), key).one()
    if saved.since > _MOST_SINCE:
        connection.execute(text(_START_ANEW), {**key, "never": NEVER})
        saved = connection.execute(text(_SAVED), key).one()
    arguments = {**key, "next": saved.next_offset, "future": int(Quality.FUTURE)}
    since = connection.execute(text(_SINCE), arguments).one()
    resumed = connection.execute(
        text(_RESUMED), {**arguments, "watermark": saved.watermark, "hole": round(hole * 1e6)}
    ).scalar_one()
    rows = np.frombuffer(saved.heard, _ROW)
    return Heard(
        np.concatenate((rows["device"].astype(np.int64), np.frombuffer(since.devices, ">i4").astype(np.int64))),
        np.concatenate((rows["time"].astype(np.int64), np.frombuffer(since.times, ">i8").astype(np.int64))),
        np.concatenate((rows["offset"].astype(np.int64), np.frombuffer(since.offsets, ">i8").astype(np.int64))),
        max(saved.resumed, NEVER if resumed is None else resumed),
    )


def save_heard(
    connection: Connection, topic: int, partition: int, next_offset: int, watermark: int, heard: Heard
) -> None:
    """Replace what is saved of the partition; all before `next_offset` is in it."""
    rows = np.empty(len(heard.devices), dtype=_ROW)
    rows["device"], rows["time"], rows["offset"] = heard.devices, heard.times, heard.offsets
    connection.execute(
        text(_SAVE),
        {
            "topic": topic,
            "partition": partition,
            "next": next_offset,
            "watermark": watermark,
            "resumed": heard.resumed,
            "heard": rows.tobytes(),
        },
    )


def heard_elsewhere(connection: Connection, machine: int, topic: int, partition: int) -> Heard:
    """Who was heard in the machine's other partitions, as their last sweeps saved it."""
    arguments = {"machine": machine, "topic": topic, "partition": partition}
    blobs = connection.execute(text(_ELSEWHERE), arguments).scalars()
    rows = np.frombuffer(b"".join(map(bytes, blobs)), _ROW)
    device, time, offset = (rows[name].astype(np.int64) for name in ("device", "time", "offset"))
    return Heard(device, time, offset, NEVER)


# Nobody knows who spoke before; who speaks from here on is known exactly.
_FIRST_SIGHT = """
    INSERT INTO partition_heard (topic, kafka_partition, next_offset, watermark, resumed, heard)
    SELECT topic, kafka_partition, next_offset, coalesce((extract(epoch FROM watermark) * 1000000)::bigint, :never),
           coalesce((extract(epoch FROM watermark) * 1000000)::bigint, :never), ''
      FROM ingest_partition WHERE topic = :topic AND kafka_partition = :partition
    ON CONFLICT DO NOTHING"""
_SAVED = """
    SELECT h.next_offset, h.watermark, h.resumed, h.heard, i.next_offset - h.next_offset AS since
      FROM partition_heard h JOIN ingest_partition i USING (topic, kafka_partition)
     WHERE topic = :topic AND kafka_partition = :partition"""
_START_ANEW = """
    UPDATE partition_heard h SET next_offset = i.next_offset, heard = '',
           watermark = coalesce((extract(epoch FROM i.watermark) * 1000000)::bigint, :never),
           resumed = coalesce((extract(epoch FROM i.watermark) * 1000000)::bigint, :never)
      FROM ingest_partition i
     WHERE h.topic = :topic AND h.kafka_partition = :partition AND i.topic = h.topic
       AND i.kafka_partition = h.kafka_partition"""
_SINCE = """
    SELECT coalesce(string_agg(int4send(device), ''), '') AS devices,
           coalesce(string_agg(int8send(time), ''), '') AS times,
           coalesce(string_agg(int8send(last_offset), ''), '') AS offsets
      FROM (SELECT device, (extract(epoch FROM max(time)) * 1000000)::bigint AS time, max(kafka_offset) AS last_offset
              FROM reading WHERE topic = :topic AND kafka_partition = :partition AND kafka_offset >= :next
               AND quality & :future = 0 GROUP BY device) AS since"""
# The newest time that came after a hole in the partition's times.
_RESUMED = """
    SELECT max(time) FROM (
        SELECT time, greatest(:watermark, max(time) OVER (ORDER BY kafka_offset ROWS BETWEEN UNBOUNDED PRECEDING
               AND 1 PRECEDING)) AS newest
          FROM (SELECT kafka_offset, (extract(epoch FROM time) * 1000000)::bigint AS time
                  FROM reading WHERE topic = :topic AND kafka_partition = :partition AND kafka_offset >= :next
                   AND quality & :future = 0) AS timely
    ) AS steps WHERE time - newest > :hole"""
_SAVE = """
    UPDATE partition_heard SET next_offset = :next, watermark = :watermark, resumed = :resumed, heard = :heard
     WHERE topic = :topic AND kafka_partition = :partition"""
_ELSEWHERE = """
    SELECT h.heard FROM partition_heard h JOIN topic t ON t.id = h.topic
     WHERE t.machine = :machine AND (h.topic, h.kafka_partition) <> (:topic, :partition)"""
