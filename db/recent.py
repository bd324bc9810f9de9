"""The newest stored readings of a partition as columns, in Postgres' own binary form: thousands of rows at a time."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from sqlalchemy import Connection, Row, text

from core.batch import Flags, Floats, Integers
from core.ports import Recent, TopicPartition
from core.silence import NOBODY, Heard
from db.catalogue import Catalogued
from db.heard import heard_in

_ARRAY_HEADER = 20
_ELEMENT = np.dtype([("length", ">i4"), ("value", ">f8")])


def recent_readings(connection: Connection, known: Catalogued, partition: TopicPartition, count: int) -> Recent:
    """The newest `count` readings of the partition; sensors that were added since are absent in older ones.

    Where the topic was made anew, those of the older one come after its own.
    """
    key = {"partition": partition.partition, "width": len(known.machine.sensors)}
    parts: list[_Columns] = []
    for topic in connection.execute(text(_INCARNATIONS), {"topic": partition.topic}).scalars().all():
        stored = sum(len(part.devices) for part in parts)
        row = connection.execute(text(_RECENT), {**key, "topic": topic, "count": count - stored}).one()
        parts.append(_columns(row, len(known.machine.sensors)))
    watermark = connection.execute(text(_WATERMARK), {**key, "topic": known.topics[partition.topic]}).scalar_one()
    return Recent(
        [reading_id for part in parts for reading_id in part.ids],
        np.concatenate([part.devices for part in parts]),
        np.concatenate([part.sensors for part in parts]),
        np.concatenate([part.quality for part in parts]),
        watermark,
        _heard(connection, known, partition),
    )


def _heard(connection: Connection, known: Catalogued, partition: TopicPartition) -> Heard:
    hole = known.machine.silent_after
    if hole is None:
        return NOBODY
    return heard_in(connection, known.topics[partition.topic], partition.partition, hole)


class _Columns(NamedTuple):
    ids: Sequence[bytes]
    devices: Integers
    sensors: Floats
    quality: Flags


def _columns(row: Row[Any], width: int) -> _Columns:
    ids = bytes(row.ids)
    array = np.dtype([("header", "V", _ARRAY_HEADER), ("elements", _ELEMENT, (width,))])
    return _Columns(
        [ids[start : start + 16] for start in range(0, len(ids), 16)],
        np.frombuffer(row.devices, ">i4").astype(np.int64),
        np.frombuffer(row.sensors, array)["elements"]["value"].astype(np.float64),
        np.frombuffer(row.quality, ">i2").astype(np.int16),
    )


_INCARNATIONS = "SELECT id FROM topic WHERE name = :topic ORDER BY id DESC"
_WATERMARK = """
    SELECT (extract(epoch FROM watermark) * 1000000)::bigint FROM ingest_partition
     WHERE topic = :topic AND kafka_partition = :partition"""
# An aggregate over a sorted subquery takes its rows in that order.
_RECENT = """
    SELECT coalesce(string_agg(uuid_send(id), ''), '') AS ids,
           coalesce(string_agg(int4send(device), ''), '') AS devices,
           coalesce(string_agg(int2send(quality), ''), '') AS quality,
           coalesce(string_agg(array_send(CASE WHEN cardinality(sensors) = :width THEN sensors ELSE
               sensors || array_fill(float8 'NaN', ARRAY[:width - cardinality(sensors)]) END), ''), '') AS sensors
      FROM (SELECT id, device, quality, sensors FROM reading WHERE topic = :topic AND kafka_partition = :partition
             ORDER BY kafka_offset DESC LIMIT :count) AS newest"""
