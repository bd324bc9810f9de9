"""`bench growth`: what a reading costs when everything else grows: devices, stored readings, partitions, consumers."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.installation import Installation, Topic, Trained
from bench.ours import Consumed, consume_backlog
from bench.prefill import store_before
from bench.stream import DEVICES, PARTITIONS

AXES = ("devices", "stored", "partitions", "consumers")

Point = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Plan:
    """The points of each axis, and how much is measured at each."""

    messages: int = 600_000
    axes: Sequence[str] = AXES
    devices: Sequence[int] = (10, 1_000, 100_000)
    stored: Sequence[int] = (0, 10_000_000, 50_000_000)
    partitions: Sequence[int] = (1, 4, 12)
    consumers: Sequence[int] = (1, 2, 4)
    consumers_messages: int = 2_000_000
    """More, because all of them must have joined before the clock starts."""
    prefill_s: float = 240.0
    """At most, for all points together: then the largest that was reached counts."""


QUICK = Plan(
    messages=100_000,
    devices=(10, 1_000),
    stored=(0, 200_000),
    partitions=(1, 2),
    consumers=(1, 2),
    consumers_messages=1_200_000,
)


def growth(installation: Installation, plan: Plan) -> dict[str, Any]:
    """Microseconds a reading at every point of every axis, and how much dearer the largest is than the smallest."""
    with installation.trained(["lr"]) as trained:
        bench = Growth(installation, plan, trained["lr"])
        axes = {axis: bench.measure(axis) for axis in plan.axes}
    return {
        "settings": {"messages": plan.messages, "devices": DEVICES, "partitions": PARTITIONS, "model": "lr"},
        "ratios": _ratios(axes, "us_per_reading"),
        "cpu_ratios": _ratios(axes, "cpu_us_per_reading"),
        "axes": axes,
    }


def _ratios(axes: Mapping[str, Sequence[Point]], cost: str) -> dict[str, float]:
    """The cost at an axis' largest point over that at its smallest."""
    return {name: points[-1][cost] / points[0][cost] for name, points in axes.items()}


class Growth:
    """One axis after the other; what does not grow stays as in the throughput run."""

    def __init__(self, installation: Installation, plan: Plan, trained: Trained) -> None:
        self._installation = installation
        self._plan = plan
        self._trained = trained
        self._usual = installation.backlog("bench-growth", PARTITIONS, plan.messages, DEVICES)

    def measure(self, axis: str) -> Sequence[Point]:
        """Its points, the smallest first."""
        measures = (self._devices, self._stored, self._partitions, self._consumers)
        return dict(zip(AXES, measures, strict=True))[axis]()

    def _devices(self) -> Sequence[Point]:
        """10 → 100 000. The clock starts when each was seen once: to register it is paid for only once."""
        points = []
        for count in self._plan.devices:
            messages = self._plan.messages + count
            topic = self._installation.backlog(f"bench-devices-{count}", PARTITIONS, messages, count)
            points.append(self._point("devices", count, topic, skip=count))
        return points

    def _partitions(self) -> Sequence[Point]:
        """1 → 12, one consumer."""
        return [
            self._point("partitions", count, self._backlog("partitions", count, self._plan.messages))
            for count in self._plan.partitions
        ]

    def _consumers(self) -> Sequence[Point]:
        """1 → 4, on as many partitions as the axis before had at most. The clock starts when all have joined.

        It stops a little before the end: the partitions do not end at the same moment.
        """
        topic = self._backlog("consumers", max(self._plan.partitions), self._plan.consumers_messages)
        return [self._point("consumers", count, topic, consumers=count, share=0.95) for count in self._plan.consumers]

    def _stored(self) -> Sequence[Point]:
        """0 → 50 million readings there already, or as many as the time allows."""
        points: list[Point] = []
        end = time.monotonic() + self._plan.prefill_s
        installation, trained = self._installation, self._trained
        for wanted in self._plan.stored:
            with installation.database(trained) as database:
                left = max(0.0, end - time.monotonic())
                reached = store_before(database, wanted, left, installation.folder, installation.progress)
                if points and reached <= points[-1]["stored"]:
                    break
                database.rows("CHECKPOINT")
                points.append(
                    self._named("stored", reached, consume_backlog(installation, self._usual, trained, database))
                )
        return points

    def _backlog(self, axis: str, partitions: int, messages: int) -> Topic:
        return self._installation.backlog(f"bench-{axis}-{partitions}", partitions, messages, DEVICES)

    def _point(self, axis: str, value: int, topic: Topic, **how: Any) -> Point:
        with self._installation.database(self._trained) as database:
            return self._named(axis, value, consume_backlog(self._installation, topic, self._trained, database, **how))

    def _named(self, axis: str, value: int, consumed: Consumed) -> Point:
        point = {
            axis: value,
            "readings_per_s": consumed.readings_per_s,
            "us_per_reading": 1e6 / consumed.readings_per_s,
            "cpu_us_per_reading": consumed.cpu_us_per_reading,
            "peak_rss_mb": consumed.peak_rss_mb,
        }
        self._installation.progress.say(f"{value:,} {axis}: {point['us_per_reading']:.2f} µs a reading")
        return point
