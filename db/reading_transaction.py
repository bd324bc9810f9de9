"""The one transaction of a batch: offsets, readings, dead letters, incidents, alerts, messages; all or nothing."""

import base64
from collections.abc import Callable, Collection, Sequence
from io import BytesIO

import msgspec
from sqlalchemy import Connection, text

from core.batch import Batch, DeadLetter, Integers, PartitionRun, Quality
from core.errors import Fenced
from core.incident import Judgement
from core.ports.models import Model
from core.ports.stream import Claim, Packed, TopicPartition
from core.prediction import Predictions
from core.sensor_fault import SensorJudgement
from core.silence import Heard, Silence
from db.bulk import copy_binary, execute, insert_values
from db.catalogue import Catalogued
from db.classes import likeliest_classes
from db.copy import COLUMNS
from db.device_state import save_states
from db.halts import note_halt
from db.heard import save_heard
from db.incidents import save_incidents
from db.sensor_faults import save_sensor_faults
from db.shadow_copy import SHADOW_COLUMNS
from db.silences import save_silence, silent_devices
from db.values import predicted_values


class PostgresReadingTransaction:
    """core.ports.stream.ReadingTransaction. `moved` tells, once saved, where each claim's partition went on to."""

    def __init__(
        self,
        connection: Connection,
        known: Callable[[str], Catalogued],
        claims: Sequence[Claim],
        pack: Callable[[Batch, Integers, Predictions], Packed],
    ) -> None:
        """`known`: the machine of a topic; `pack`: core.ports.stream.ReadingStore.pack."""
        self._connection = connection
        self._known = known
        self._claims = {claim.partition: claim for claim in claims}
        self._pack = pack
        self.moved: dict[Claim, int] = {}

    def save(self, batch: Batch, devices: Integers, predictions: Predictions, packed: Packed | None = None) -> None:
        """Move the batch's partitions on (compare-and-set; raises Fenced) and store its readings and dead letters."""
        topic = self._known(batch.topic).topics[batch.topic]
        for run in batch.runs:
            self._move_on(batch, topic, run, int(predictions.faults[run.rows].sum()))
        if len(batch):
            day, stream, shadow = packed or self._pack(batch, devices, predictions)
            execute(self._connection, "SELECT ensure_reading_day(%(day)s)", {"day": day})
            copy_binary(self._connection, f"reading ({COLUMNS})", BytesIO(stream))
            if shadow:
                copy_binary(self._connection, f"shadow_score ({SHADOW_COLUMNS})", BytesIO(shadow))
        insert_values(self._connection, CLASSES, likeliest_classes(batch, topic, predictions))
        insert_values(self._connection, VALUES, predicted_values(batch, topic, predictions))
        insert_values(self._connection, _EXTRAS, [(topic, *_position(batch, row), raw) for row, raw in batch.extras])
        insert_values(self._connection, _DEAD_LETTERS, [_dead_letter(topic, letter) for letter in batch.dead_letters])
        gaps = [(topic, run.partition, first, count) for run in batch.runs for first, count in run.gaps]
        insert_values(self._connection, _GAPS, gaps)

    def incidents(
        self, batch: Batch, judgement: Judgement, model: Model, sensors: SensorJudgement | None = None
    ) -> None:
        """Store what opened and closed, the devices' states, the alerts and who is to be told."""
        if judgement.states or judgement.events:
            save_incidents(self._connection, self._known(batch.topic), batch, judgement, model)
            save_states(self._connection, judgement.states)
        if sensors is not None and (sensors.states or sensors.judgement.events):
            save_sensor_faults(self._connection, self._known(batch.topic), batch, sensors, model.version.number)

    def silent_devices(self, machine: str) -> Collection[int]:
        """The machine's devices with an open incident of silence."""
        return silent_devices(self._connection, machine)

    def silence(
        self, partition: TopicPartition, heard: Heard, watermark: int, silence: Silence, model: Model
    ) -> Integers:
        """Save who was heard in a claimed partition (raises Fenced), and store who fell silent and who speaks again.

        Gives back the devices that speak in another partition by now: they are not silent, but gone from this one.
        """
        known, claim = self._known(partition.topic), self._claims[partition]
        key = {"topic": known.topics[partition.topic], "partition": partition.partition}
        ours = {"next": claim.next_offset, "epoch": claim.epoch}
        if self._connection.execute(text(_IS_OURS), {**key, **ours}).one_or_none() is None:
            raise Fenced(f"{partition.topic}/{partition.partition} is no longer ours at offset {claim.next_offset}")
        save_heard(self._connection, key["topic"], key["partition"], claim.next_offset, watermark, heard)
        return save_silence(self._connection, known, partition, silence, watermark, model.version.number)

    def _move_on(self, batch: Batch, topic: int, run: PartitionRun, faults: int) -> None:
        claim = self._claims[TopicPartition(batch.topic, run.partition)]
        times = batch.times[run.rows]
        timely = times[batch.quality[run.rows] & Quality.FUTURE == 0]
        moved = execute(
            self._connection,
            _MOVE_ON,
            {
                "topic": topic,
                "partition": run.partition,
                "old": claim.next_offset,
                "new": run.next_offset,
                "epoch": claim.epoch,
                "stored": len(times),
                "duplicates": run.duplicates,
                "dead": run.dead,
                "gaps": sum(count for _, count in run.gaps),
                "faults": faults,
                "watermark": int(timely.max()) if len(timely) else None,
                "outcomes": run.outcomes,
            },
        )
        if moved != 1:
            raise Fenced(f"{batch.topic}/{run.partition} is no longer ours at offset {claim.next_offset}")
        self.moved[claim] = run.next_offset
        if run.halt is not None:
            note_halt(self._connection, self._known(batch.topic).id, topic, claim.partition, run.halt)


def _position(batch: Batch, row: int) -> tuple[int, int]:
    return int(batch.partitions[row]), int(batch.offsets[row])


def _dead_letter(topic: int, letter: DeadLetter) -> tuple[object, ...]:
    headers = [[name, None if value is None else base64.b64encode(value).decode()] for name, value in letter.headers]
    return (
        topic,
        letter.position.partition,
        letter.position.offset,
        letter.stage,
        letter.reason.replace("\0", "\\0"),  # Postgres text holds no NUL; the value itself is kept as bytes
        letter.key,
        letter.value,
        msgspec.json.encode(headers),
        letter.size,
        letter.sha256,
    )


# to_timestamp loses microseconds in float arithmetic; an interval does not.
_MOVE_ON = """
    UPDATE ingest_partition
       SET next_offset = %(new)s, stored = stored + %(stored)s, duplicates = duplicates + %(duplicates)s,
           dead_letters = dead_letters + %(dead)s, gaps = gaps + %(gaps)s, faults = faults + %(faults)s,
           outcomes = %(outcomes)s, updated_at = now(), watermark = greatest(
               watermark, timestamptz 'epoch' + CAST(%(watermark)s AS bigint) * interval '1 microsecond')
     WHERE topic = %(topic)s AND kafka_partition = %(partition)s AND next_offset = %(old)s AND owner_epoch = %(epoch)s
       AND %(new)s > %(old)s"""
_IS_OURS = """
    SELECT FROM ingest_partition
     WHERE topic = :topic AND kafka_partition = :partition AND next_offset = :next AND owner_epoch = :epoch
       FOR UPDATE"""
CLASSES = """
    INSERT INTO reading_class (topic, kafka_partition, kafka_offset, rank, class, probability) VALUES %s"""
VALUES = "INSERT INTO reading_value (topic, kafka_partition, kafka_offset, value) VALUES %s"
_EXTRAS = "INSERT INTO reading_extra (topic, kafka_partition, kafka_offset, raw) VALUES %s"
_DEAD_LETTERS = """
    INSERT INTO dead_letter (topic, kafka_partition, kafka_offset, stage, reason, key, value, headers,
                             value_size, value_sha256) VALUES %s"""
_GAPS = "INSERT INTO offset_gap (topic, kafka_partition, first_offset, count) VALUES %s"
