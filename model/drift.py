"""How far a machine's readings moved away from those that one of its models learnt from."""

import numpy as np
from scipy.stats import ks_2samp

from core.batch import Floats
from core.drift import ENOUGH, Drift, Reference, SensorDrift, SensorReference, Share, psi
from core.machine import Machine, Sensor
from core.ports.models import Model
from core.recent_alarms import Recent
from model.evaluation import Metrics


def drift_of(machine: Machine, model: Model, reference: Reference, metrics: Metrics, recent: Recent) -> Drift:
    """Of these readings; `reference` and `metrics`: from the model's manifest.

    Distributions are those of readings without a quality flag: the others are told of as sensor faults.
    """
    good = recent.sensors[recent.quality == 0]
    alarms = model.predict(good).faults
    counts = metrics.confusion
    normal = counts.false_positives + counts.true_negatives
    return Drift(
        model.version,
        len(recent),
        tuple(
            _sensor(sensor, reference.sensors[sensor.name], recent.sensors[:, place], good[:, place])
            for place, sensor in enumerate(machine.sensors)
        ),
        Share(float(alarms.mean()) if len(alarms) else 0.0, counts.false_positives / max(normal, 1), len(alarms)),
    )


def _sensor(sensor: Sensor, before: SensorReference, every: Floats, good: Floats) -> SensorDrift:
    count = len(every)
    missing = Share(float(np.isnan(every).sum() / max(count, 1)), before.missing, count)
    beyond = (every < sensor.minimum) | (every > sensor.maximum)
    outside = Share(float(beyond.sum() / max(count, 1)), before.outside, count)
    values = good[np.isfinite(good)]
    if len(values) < ENOUGH or not before.quantiles:
        return SensorDrift(sensor.name, missing, outside)
    quantiles = np.array(before.quantiles)
    # Against the quantiles as a sample of their own size: however many readings there are, a small distance is chance.
    tested = ks_2samp(values, quantiles, method="asymp")
    return SensorDrift(
        sensor.name,
        missing,
        outside,
        psi(quantiles, values),
        float(tested.statistic),
        float(tested.pvalue),
        float(np.median(values)),
        before.quantiles[len(before.quantiles) // 2],
    )
