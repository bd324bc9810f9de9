"""What a trainer tells: how the requests ended that it took, and how long they took."""

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Histogram

from app.telemetry.families import counter
from app.telemetry.names import TRAINING, TRAININGS
from core.training import TrainingRequest
from model.fit import Progress
from model.release import Outcome

_BUCKETS = (1, 3, 10, 30, 100, 300, 1_000, 3_000, 10_000)

Retrain = Callable[[TrainingRequest, Progress], Outcome]


def metered(retrain: Retrain, registry: CollectorRegistry) -> Retrain:
    """The same, counted; what it raises is a failure, and raised."""
    trainings = counter(TRAININGS, registry)
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
