"""Readings from before Faultline, beside those of the stream: in a topic of the machine's own that no consumer reads.

Its offsets count what was stored. A device has one imported reading a time: the key of `imported_reading` holds that,
whatever file the reading came in, however often, and wherever an import was killed.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from io import BytesIO

import numpy as np
from sqlalchemy import Connection, Engine, text

from core.batch import Batch, Bools, Integers
from core.machine import Machine
from core.prediction import Predictions
from db.bulk import copy_binary, insert_values
from db.catalogue import TASKS, machine_number, register_devices
from db.classes import likeliest_classes
from db.copy import COLUMNS, readings_as_copy
from db.failures import failures_named
from db.past_labels import label_past
from db.reading_transaction import CLASSES, VALUES
from db.values import predicted_values


class PostgresHistory:
    """A machine's imported readings. Needs the login that owns the tables."""

    def __init__(self, owner: Engine, machine: Machine, now: Callable[[], datetime]) -> None:
        """Raises Halted where the machine's sensors no longer fit the stored readings, Unavailable."""
        self._owner = owner
        self._machine = machine
        self._now = now
        with failures_named(), owner.begin() as connection:
            number = machine_number(connection, machine)
            arguments = {"machine": number, "name": f"import:{machine.name}"}  # no topic of Kafka's has a colon
            connection.execute(text(_NEW_TOPIC), arguments)
            self._key = {"machine": number, "topic": connection.execute(text(_TOPIC), arguments).scalar_one()}
            connection.execute(text(_NEW_ACCOUNT), self._key)

    def stream_began(self) -> datetime | None:
        """The time of the oldest kept reading that came by Kafka, a partition's first; None: none did. Unavailable."""
        with failures_named(), self._owner.connect() as connection:
            found: datetime | None = connection.execute(text(_STREAM_BEGAN), self._key).scalar_one()
        return found

    @contextmanager
    def begin(self) -> Iterator["HistoryTransaction"]:
        """One transaction at a time, also beside other imports of the machine. Raises Unavailable."""
        with failures_named(), self._owner.begin() as connection:
            first = connection.execute(text(_LOCK), self._key).scalar_one()
            yield HistoryTransaction(connection, self._machine, self._key, first, self._now)


class HistoryTransaction:
    """All of some rows is stored, or nothing."""

    def __init__(
        self,
        connection: Connection,
        machine: Machine,
        key: Mapping[str, int],
        next_offset: int,
        now: Callable[[], datetime],
    ) -> None:
        self._connection = connection
        self._machine = machine
        self._key = key
        self._next = next_offset
        self._now = now

    def devices(self, names: Sequence[str]) -> Integers:
        """The numbers of the devices of these names, shape (n,), registered where they are new."""
        different = set(names)
        register_devices(self._connection, self._key["machine"], different)
        arguments = {**self._key, "names": sorted(different)}
        rows = self._connection.execute(text(_DEVICES), arguments).all()
        numbers = {row.name: row.id for row in rows}
        return np.fromiter(map(numbers.__getitem__, names), np.int64, len(names))

    def new(self, devices: Integers, times: Integers) -> Bools:
        """Which readings of these devices and times (µs since 1970 UTC) were not imported yet; of equal ones one."""
        pairs = np.rec.fromarrays([devices, times])
        new = np.zeros(len(devices), dtype=np.bool_)
        new[np.unique(pairs, return_index=True)[1]] = True
        arguments = {"devices": devices.tolist(), "times": times.tolist()}
        known = self._connection.execute(text(_KNOWN), arguments).scalars().all()
        new[np.array(known, dtype=np.int64)] = False
        return new

    def save(self, batch: Batch, devices: Integers, predictions: Predictions) -> None:
        """Store readings that are new, behind those that are there, at offsets of their own."""
        count, topic, day = len(batch), self._key["topic"], self._now().date()
        placed = replace(
            batch,
            partitions=np.zeros(count, dtype=np.int64),
            offsets=np.arange(self._next, self._next + count, dtype=np.int64),
        )
        self._next += count
        keys = {"devices": devices.tolist(), "times": batch.times.tolist(), "offsets": placed.offsets.tolist()}
        self._connection.execute(text(_NEW_KEYS), keys)
        self._connection.execute(text("SELECT ensure_reading_day(:day)"), {"day": day})
        packed = readings_as_copy(placed, topic, devices, predictions, TASKS[self._machine.task], day)
        copy_binary(self._connection, f"reading ({COLUMNS})", BytesIO(packed))
        insert_values(self._connection, CLASSES, likeliest_classes(placed, topic, predictions))
        insert_values(self._connection, VALUES, predicted_values(placed, topic, predictions))
        account = {"next": self._next, "stored": count, "faults": int(np.count_nonzero(predictions.faults))}
        self._connection.execute(text(_ACCOUNT), {**self._key, **account, "newest": int(batch.times.max())})

    def label(self, engineer: int, devices: Integers, times: Integers, since: Integers) -> int:
        """See db.past_labels.label_past; of readings that are stored."""
        return label_past(self._connection, self._key, engineer, devices, times, since)


_NEW_TOPIC = """
    INSERT INTO topic (name, machine, retired_at, imported) VALUES (:name, :machine, now(), true)
    ON CONFLICT DO NOTHING"""
_TOPIC = "SELECT id FROM topic WHERE machine = :machine AND imported"
_NEW_ACCOUNT = """
    INSERT INTO ingest_partition (topic, kafka_partition, kafka_topic_id, first_offset, next_offset)
    VALUES (:topic, 0, '', 0, 0) ON CONFLICT DO NOTHING"""
# The first one kept of each partition: readings have no index by time, and come nearly in its order.
_STREAM_BEGAN = """
    SELECT min(f.time) FROM ingest_partition p JOIN topic t ON t.id = p.topic AND NOT t.imported,
           LATERAL (SELECT r.time FROM reading r
                     WHERE r.topic = p.topic AND r.kafka_partition = p.kafka_partition
                     ORDER BY r.kafka_offset LIMIT 1) f
     WHERE t.machine = :machine"""
_LOCK = "SELECT next_offset FROM ingest_partition WHERE topic = :topic AND kafka_partition = 0 FOR UPDATE"
_DEVICES = "SELECT id, name FROM device WHERE machine = :machine AND name = ANY(:names)"
_MICROS = "timestamptz 'epoch' + {} * interval '1 microsecond'"  # to_timestamp loses some in float arithmetic
_KNOWN = f"""
    SELECT w.place - 1
      FROM unnest(CAST(:devices AS integer[]), CAST(:times AS bigint[])) WITH ORDINALITY AS w (device, time, place)
      JOIN imported_reading i ON i.device = w.device AND i.time = {_MICROS.format("w.time")}"""  # noqa: S608  # ours
_NEW_KEYS = f"""
    INSERT INTO imported_reading (device, time, kafka_offset)
    SELECT w.device, {_MICROS.format("w.time")}, w.place
      FROM unnest(CAST(:devices AS integer[]), CAST(:times AS bigint[]), CAST(:offsets AS bigint[]))
           AS w (device, time, place)"""  # noqa: S608  # ours
_ACCOUNT = f"""
    UPDATE ingest_partition
       SET next_offset = :next, stored = stored + :stored, faults = faults + :faults, updated_at = now(),
           watermark = greatest(watermark, {_MICROS.format("CAST(:newest AS bigint)")})
     WHERE topic = :topic AND kafka_partition = 0"""  # noqa: S608  # ours
