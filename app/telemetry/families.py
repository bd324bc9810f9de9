"""Metrics in the library's words."""

from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

from app.telemetry.names import Metric

Values = Mapping[tuple[str, ...], float]
"""By the values of the labels, in the metric's order."""


def counter(metric: Metric, registry: CollectorRegistry) -> Counter:
    """One that we count ourselves."""
    return Counter(metric.name, metric.meaning, metric.labels, registry=registry)


def family(metric: Metric, values: Values) -> CounterMetricFamily | GaugeMetricFamily:
    """What was looked up just now."""
    make = CounterMetricFamily if metric.kind == "counter" else GaugeMetricFamily
    made = make(metric.name, metric.meaning, labels=metric.labels)
    for labels, value in sorted(values.items()):
        made.add_metric(labels, value)
    return made
