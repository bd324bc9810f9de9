"""The newest stored readings of a partition as columns, in Postgres' own binary form: thousands of rows at a time."""

import numpy as np
from sqlalchemy import Connection, text

from core.batch import Floats, Integers
from core.ports.stream import Recent, TopicPartition
from core.silence import NOBODY, Heard
from db.catalogue import Catalogued
from db.heard import heard_in

_ARRAY_HEADER = 20
_ELEMENT = np.dtype([("length", ">i4"), ("value", ">f8")])
PADDED = """array_send(CASE WHEN cardinality(sensors) = :width THEN sensors ELSE
               sensors || array_fill(float8 'NaN', ARRAY[:width - cardinality(sensors)]) END)"""
"""Sensors of a reading as `sensors_of` reads them; those that were added since are absent."""


def recent_readings(connection: Connection, known: Catalogued, partition: TopicPartition, count: int) -> Recent:
    """The newest `count` readings of the partition; sensors that were added since are absent in older ones."""
    width = len(known.machine.sensors)
    key = {"topic": known.topics[partition.topic], "partition": partition.partition}
    row = connection.execute(text(_RECENT), {**key, "width": width, "count": count}).one()
    ids = _split(row.ids)
    older = connection.execute(text(_OLDER), {**key, "name": partition.topic}).scalars().all()
    for topic in older if len(ids) < count else ():
        arguments = {**key, "topic": topic, "count": count - len(ids)}
        ids += _split(connection.execute(text(_RECENT_IDS), arguments).scalar_one())
    devices = np.frombuffer(row.devices, ">i4").astype(np.int64)
    return Recent(
        ids,
        devices,
        sensors_of(row.sensors, width),
        np.frombuffer(row.quality, ">i2").astype(np.int16),
        connection.execute(text(_WATERMARK), key).scalar_one(),
        _heard(connection, known, partition),
        _names(connection, devices),
    )


def sensors_of(raw: bytes, width: int) -> Floats:
    """Shape (n, width) of so many arrays one behind the other, in Postgres' binary form."""
    array = np.dtype([("header", "V", _ARRAY_HEADER), ("elements", _ELEMENT, (width,))])
    return np.frombuffer(raw, array)["elements"]["value"].astype(np.float64)


def _split(ids: bytes) -> list[bytes]:
    raw = bytes(ids)
    return [raw[start : start + 16] for start in range(0, len(raw), 16)]


def _names(connection: Connection, devices: Integers) -> dict[int, str]:
    rows = connection.execute(text(_NAMES), {"devices": np.unique(devices).tolist()}).all()
    return {row.id: row.name for row in rows}


def _heard(connection: Connection, known: Catalogued, partition: TopicPartition) -> Heard:
    hole = known.machine.silent_after
    if hole is None:
        return NOBODY
    return heard_in(connection, known.topics[partition.topic], partition.partition, hole)


# Of older topics of this name only the ids are remembered: a reading that comes again in the new one is a duplicate.
_OLDER = "SELECT id FROM topic WHERE name = :name AND id <> :topic ORDER BY id DESC"
_RECENT_IDS = """
    SELECT coalesce(string_agg(uuid_send(id), ''), '')
      FROM (SELECT id FROM reading WHERE topic = :topic AND kafka_partition = :partition
             ORDER BY kafka_offset DESC LIMIT :count) AS newest"""
_NAMES = "SELECT id, name FROM device WHERE id = ANY(CAST(:devices AS integer[]))"
_WATERMARK = """
    SELECT (extract(epoch FROM watermark) * 1000000)::bigint FROM ingest_partition
     WHERE topic = :topic AND kafka_partition = :partition"""
# An aggregate over a sorted subquery takes its rows in that order.
_RECENT = f"""
    SELECT coalesce(string_agg(uuid_send(id), ''), '') AS ids,
           coalesce(string_agg(int4send(device), ''), '') AS devices,
           coalesce(string_agg(int2send(quality), ''), '') AS quality,
           coalesce(string_agg({PADDED}, ''), '') AS sensors
      FROM (SELECT id, device, quality, sensors FROM reading WHERE topic = :topic AND kafka_partition = :partition
             ORDER BY kafka_offset DESC LIMIT :count) AS newest"""  # noqa: S608  # ours
