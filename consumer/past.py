"""What the stored readings of a partition say of those to come: which are late, and which sensors are stuck."""

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from consumer.heard import HeardDevices, HeardLook, heard_in
from consumer.lateness import is_late
from consumer.slots import Slots
from consumer.stuck import Runs, StuckLook
from core.batch import Batch, Flags, Floats, Integers, Quality
from core.errors import Fenced
from core.machine import Machine
from core.ports.stream import NOTHING_STORED, Recent, TopicPartition
from core.silence import NEVER, Heard


class Look(NamedTuple):
    """The flags of readings that are not stored yet, and what is remembered once they are."""

    quality: Flags
    watermark: int
    stuck: StuckLook
    heard: HeardLook | None


class Past:
    """One partition's memory. It changes by what is stored and by nothing else, so that a retry meets it unchanged.

    It is made anew whenever the partition is taken over, from what the database holds: its flags are the same whether
    or not processes died in between. The watermark is kept exactly; for runs see `Runs`.
    """

    def __init__(self, machine: Machine, recent: Recent = NOTHING_STORED) -> None:
        self._late_after = machine.late_after
        self._slots = Slots()
        self._silent_after = machine.silent_after
        self._heard = HeardDevices(self._slots, recent.heard)
        self._runs = Runs(machine, self._slots)
        self._watermark = NEVER if recent.watermark is None else recent.watermark
        if len(recent.devices) and any(sensor.stuck_after for sensor in machine.sensors):
            oldest_first = slice(None, None, -1)
            quality = recent.quality[oldest_first]
            places = self._slots.of(recent.devices[oldest_first])
            counted = quality & (Quality.FUTURE | Quality.LATE) == 0
            self._runs.take(self._runs.look(places, recent.sensors[oldest_first], counted))

    def look(self, devices: Integers, offsets: Integers, times: Integers, sensors: Floats, quality: Flags) -> Look:
        """Flag readings that come next in the log; columns of shape (n,), sensors (n, sensors)."""
        places = self._slots.of(devices)
        timely = quality & Quality.FUTURE == 0
        late, watermark = is_late(times, timely, self._watermark, self._late_after)
        stuck = self._runs.look(places, sensors, timely & ~late)
        flags = (quality | late * np.int16(Quality.LATE) | stuck.stuck * np.int16(Quality.STUCK)).astype(np.int16)
        heard = None
        if self._silent_after is not None:
            heard = heard_in(places[timely], times[timely], offsets[timely], self._watermark, self._silent_after)
        return Look(flags, watermark, stuck, heard)

    def take(self, look: Look) -> None:
        """Remember readings that are stored now."""
        self._watermark = look.watermark
        self._runs.take(look.stuck)
        if look.heard is not None:
            self._heard.take(look.heard)

    def heard(self) -> tuple[Heard, int]:
        """Who was heard in the partition, and its watermark."""
        return self._heard.all(), self._watermark

    def forget(self, devices: Integers) -> None:
        """These speak in another partition now."""
        self._heard.forget(devices)


class Pasts:
    """The memories of the partitions that this process owns."""

    def __init__(self) -> None:
        self._of: dict[TopicPartition, Past] = {}

    def begin(self, partition: TopicPartition, machine: Machine, recent: Recent) -> None:
        """The partition is ours from now on."""
        self._of[partition] = Past(machine, recent)

    def end(self, partition: TopicPartition) -> None:
        """The partition is no longer ours."""
        self._of.pop(partition, None)

    def look(self, batch: Batch, devices: Integers) -> tuple[Batch, Mapping[TopicPartition, Look]]:
        """The batch with all its flags, and what to `take` once it is stored. Raises Fenced where it is not ours."""
        looks, quality = {}, batch.quality.copy()
        for run in batch.runs:
            partition = TopicPartition(batch.topic, run.partition)
            if (past := self._of.get(partition)) is None:
                raise Fenced(f"{partition.topic}/{partition.partition} is not ours")
            rows = run.rows
            looks[partition] = past.look(
                devices[rows], batch.offsets[rows], batch.times[rows], batch.sensors[rows], quality[rows]
            )
            quality[rows] = looks[partition].quality
        return replace(batch, quality=quality), looks

    def of(self, partition: TopicPartition) -> Past:
        """The memory of a partition that is ours."""
        return self._of[partition]

    def take(self, looks: Mapping[TopicPartition, Look]) -> None:
        """These are stored now."""
        for partition, look in looks.items():
            self._of[partition].take(look)
