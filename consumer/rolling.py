"""Rolling sensors of a partition's readings, computed as these are decoded: once, in the log's order."""

from collections.abc import Mapping
from dataclasses import replace

from consumer.duplicates import WINDOW
from consumer.lateness import is_late
from core.batch import Batch, Flags, Floats, Integers, Quality
from core.machine import Machine
from core.ports.stream import Recent, TopicPartition
from core.rolling import Windows
from core.silence import NEVER


class RollingCourses:
    """The last readings of a partition's devices. Fetching thread only.

    Made anew whenever the partition is taken over, from what the database holds. A window reaches back no further than
    that: the newest 20 000 readings of the partition. So it is the same whether or not processes died in between.
    """

    def __init__(self, machine: Machine, recent: Recent) -> None:
        self._late_after = machine.late_after
        self._windows = Windows(machine, WINDOW)
        self._watermark = NEVER if recent.watermark is None else recent.watermark
        devices = [recent.names[device] for device in reversed(recent.devices.tolist())]
        timely = recent.quality[::-1] & (Quality.FUTURE | Quality.LATE) == 0
        self._windows.fill(devices, recent.sensors[::-1], timely)

    def fill(self, devices: list[str], times: Integers, sensors: Floats, quality: Flags) -> Floats:
        """Readings that come next in the log, with their rolling sensors; those that are late or future have none."""
        timely = quality & Quality.FUTURE == 0
        late, self._watermark = is_late(times, timely, self._watermark, self._late_after)
        return self._windows.fill(devices, sensors, timely & ~late)


def with_rolling_sensors(batch: Batch, courses: Mapping[TopicPartition, RollingCourses]) -> Batch:
    """The batch with the rolling sensors of its readings, which stand behind all that was decoded before."""
    filled = batch.sensors
    for run in batch.runs:
        if (course := courses.get(TopicPartition(batch.topic, run.partition))) is not None:
            rows = run.rows
            filled = batch.sensors.copy() if filled is batch.sensors else filled
            filled[rows] = course.fill(
                list(batch.devices[rows]), batch.times[rows], batch.sensors[rows], batch.quality[rows]
            )
    return batch if filled is batch.sensors else replace(batch, sensors=filled)
