"""What a model's principal components are made of, and how much each of them carries."""

import csv
import io
from collections.abc import Sequence

import numpy as np
from sklearn.pipeline import Pipeline

from core.machine import Machine
from core.training_report import ReportedComponent
from model.components import components_of

_NAMED = 3
"""Columns that say what a component is mostly made of."""


def reported_components(machine: Machine, pipeline: Pipeline) -> tuple[ReportedComponent, ...]:
    """Those that are kept, the one that carries most first; none where the model goes by the sensors themselves."""
    found = components_of(pipeline)
    if found is None:
        return ()
    names = _columns(machine, pipeline)
    return tuple(
        ReportedComponent(float(share), tuple((names[place], float(weights[place])) for place in _strongest(weights)))
        for share, weights in zip(found.shares_, found.components_, strict=False)
    )


def components_csv(machine: Machine, pipeline: Pipeline) -> str:
    """A line for each component that is kept: its share of the variance, that of all up to it, and its weights.

    A weight is of a column in its standard deviations. Of a model that has components.
    """
    found = components_of(pipeline)
    assert found is not None
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["component", "share", "together", *_columns(machine, pipeline)])
    together = np.cumsum(found.shares_).tolist()
    for number, weights in enumerate(found.components_.tolist(), 1):
        table.writerow([number, float(found.shares_[number - 1]), together[number - 1], *weights])
    return text.getvalue()


def _strongest(weights: np.ndarray[tuple[int], np.dtype[np.float64]]) -> Sequence[int]:
    strongest: list[int] = np.argsort(-np.abs(weights), kind="stable")[:_NAMED].tolist()
    return strongest


def _columns(machine: Machine, pipeline: Pipeline) -> Sequence[str]:
    """What the components are made of: inputs, words as `structure=PET`, and what the steps before made of them."""
    inputs = [sensor.name for sensor in machine.inputs]
    words = {name: numbers for name, numbers in machine.csv.values.items() if machine.target and name in inputs}
    names = [name for name in inputs if name not in words]
    names += [f"{name}={word}" for name in sorted(words, key=inputs.index) for word in words[name]]
    places = [name for name, _ in pipeline.steps]
    for _, step in pipeline.steps[places.index("impute") : -2]:
        names = step.get_feature_names_out(names).tolist()
    return names
