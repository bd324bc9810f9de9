"""What a trainer tells: how the requests ended that it took, and how long they took."""

from collections.abc import Callable, Collection
from itertools import product

from prometheus_client import CollectorRegistry, Histogram

from app.telemetry.families import counter
from app.telemetry.names import TRAINING, TRAININGS
from core.training import TrainingRequest
from model.fit import Progress
from model.release import Outcome

_BUCKETS = (1, 3, 10, 30, 100, 300, 1_000, 3_000, 10_000)

_ENDS = ("promoted", "refused", "trained", "failed")

Retrain = Callable[[TrainingRequest, Progress], Outcome]


def metered(retrain: Retrain, machines: Collection[str], registry: CollectorRegistry) -> Retrain:
    """The same, counted for each of these machines; what it raises is a failure, and raised."""
    trainings = counter(TRAININGS, registry)
    for machine, end in product(machines, _ENDS):
        trainings.labels(machine, end)  # from 0 on: the increase of a count that begins at 1 is none
    seconds = Histogram(TRAINING.name, TRAINING.meaning, TRAINING.labels, registry=registry, buckets=_BUCKETS)

    def counted(request: TrainingRequest, progress: Progress) -> Outcome:
        state = "failed"
        try:
            with seconds.labels(request.machine).time():
                outcome = retrain(request, progress)
            state = outcome.state
        finally:
            trainings.labels(request.machine, state).inc()
        return outcome

    return counted
