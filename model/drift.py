"""How far a machine's readings moved away from those that one of its models learnt from."""

import numpy as np
from scipy.stats import ks_2samp, kstwobign

from core.batch import Bools, Floats, Integers
from core.drift import ENOUGH, Drift, Reference, SensorDrift, SensorReference, Share, among_devices, psi, worth
from core.machine import Machine
from core.ports.models import Model
from core.recent_alarms import Recent
from core.sensor import Sensor
from model.evaluation import Metrics


def drift_of(machine: Machine, model: Model, reference: Reference, metrics: Metrics, recent: Recent) -> Drift:
    """Of these readings; `reference` and `metrics`: from the model's manifest.

    Distributions are those of readings without a quality flag: the others are told of as sensor faults.
    """
    fine = recent.quality == 0
    good = recent.sensors[fine]
    alarms = model.predict(good).faults
    counts = metrics.confusion
    normal = counts.false_positives + counts.true_negatives
    devices = len(np.unique(recent.devices))
    several = max(devices, reference.devices) > 1
    return Drift(
        model.version,
        len(recent),
        tuple(
            _sensor(
                sensor,
                reference.sensors[sensor.name],
                recent.sensors[:, place],
                devices if several else len(recent),
                good[:, place],
                recent.devices[fine],
            )
            for place, sensor in enumerate(machine.sensors)
        ),
        Share(_mean(alarms), counts.false_positives / max(normal, 1), devices if several else len(alarms)),
    )


def _sensor(
    sensor: Sensor, before: SensorReference, every: Floats, units: int, good: Floats, devices: Integers
) -> SensorDrift:
    missing = Share(_mean(np.isnan(every)), before.missing, units)
    outside = Share(_mean((every < sensor.minimum) | (every > sensor.maximum)), before.outside, units)
    finite = np.isfinite(good)
    values, devices = good[finite], devices[finite]
    if len(values) < ENOUGH or not before.quantiles:
        return SensorDrift(sensor.name, missing, outside)
    quantiles = np.array(before.quantiles)
    distance = float(ks_2samp(values, quantiles, method="asymp").statistic)
    # Devices differ: the readings of a few are worth little. And the quantiles count as a sample of their own size, so
    # that no number of readings makes a small distance certain.
    among = max(before.among, among_devices(values, devices))
    count = worth(len(values), len(np.unique(devices)), among)
    return SensorDrift(
        sensor.name,
        missing,
        outside,
        psi(quantiles, values),
        distance,
        float(kstwobign.sf(distance * np.sqrt(count * len(quantiles) / (count + len(quantiles))))),
        float(np.median(values)),
        before.quantiles[len(before.quantiles) // 2],
    )


def _mean(rows: Bools) -> float:
    return float(np.mean(rows)) if len(rows) else 0.0
