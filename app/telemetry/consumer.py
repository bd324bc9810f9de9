"""What a consumer tells: counted once a batch; where its partitions stand is looked up when somebody asks."""

from collections import Counter as Tally
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager

import numpy as np
from prometheus_client import CollectorRegistry, Histogram
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from app.telemetry import names
from app.telemetry.families import counter, family
from consumer.standing import Standings
from core.batch import Batch, DeadLetter, Quality
from core.machine import Machine
from core.ports.models import Model
from core.ports.stream import TopicPartition
from core.prediction import Predictions

_BUCKETS = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30)
_OF_A_MACHINE = (names.READINGS, names.FAULTS, names.DOUBTFUL, names.DUPLICATES, names.GAPS)


class ConsumerMeter:
    """consumer.meter.Meter on Prometheus' counters."""

    def __init__(self, registry: CollectorRegistry, machines: Collection[str]) -> None:
        """All counters of these machines begin at 0, so that a first increase is one."""
        self._counts = {one.name: counter(one, registry) for one in (*_OF_A_MACHINE, names.DEAD_LETTERS)}
        self._fencings = counter(names.FENCINGS, registry)
        stages = Histogram(
            names.STAGE.name, names.STAGE.meaning, names.STAGE.labels, registry=registry, buckets=_BUCKETS
        )
        self._stages = {stage: stages.labels(stage) for stage in names.STAGES}
        for machine in machines:
            for one in _OF_A_MACHINE:
                self._counts[one.name].labels(machine)
            for reason in names.REASONS:
                self._counts[names.DEAD_LETTERS.name].labels(machine, reason)

    def stage(self, name: str) -> AbstractContextManager[object]:
        """The time until it is left counts, however it is left."""
        return self._stages[name].time()

    def stored(self, machine: Machine, batch: Batch, predictions: Predictions) -> None:
        """Count what was committed."""
        self._add(names.READINGS, len(batch), machine.name)
        self._add(names.FAULTS, int(np.count_nonzero(predictions.faults)), machine.name)
        self._add(names.DOUBTFUL, int(np.count_nonzero(batch.quality != Quality.GOOD)), machine.name)
        self._add(names.DUPLICATES, sum(run.duplicates for run in batch.runs), machine.name)
        self._add(names.GAPS, sum(count for run in batch.runs for _, count in run.gaps), machine.name)
        for reason, count in Tally(map(_refused_by, batch.dead_letters)).items():
            self._add(names.DEAD_LETTERS, count, machine.name, reason)

    def fenced(self) -> None:
        """Count it."""
        self._fencings.inc()

    def _add(self, metric: names.Metric, count: int, *labels: str) -> None:
        if count:
            self._counts[metric.name].labels(*labels).inc(count)


class Partitions(Collector):
    """Where the partitions of this process stand, and which versions score here."""

    def __init__(self, standings: Standings, in_service: Callable[[], Mapping[str, Model]]) -> None:
        self._standings = standings
        self._in_service = in_service

    def collect(self) -> Iterator[Metric]:
        """As it is now."""
        read, halted, stalled = self._standings.partitions, self._standings.halted, self._standings.stalled()
        yield family(names.LAG, {_named(at): one.lag for at, one in read.items()})
        yield family(names.HELD, {_named(at): at in halted for at in {*read, *halted}})
        yield family(names.STALLED, {_named(at): at in stalled for at in read})
        yield family(names.SERVING, {(name,): model.version.number for name, model in self._in_service().items()})

    def describe(self) -> Iterator[Metric]:
        """Their names alone."""
        for metric in (names.LAG, names.HELD, names.STALLED, names.SERVING):
            yield family(metric, {})


def _named(at: TopicPartition) -> tuple[str, str]:
    return at.topic, str(at.partition)


def _refused_by(letter: DeadLetter) -> str:
    if letter.is_tombstone:
        return "tombstone"
    return letter.stage if letter.size is None else "too_large"
