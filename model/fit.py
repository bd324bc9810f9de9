"""Training: base data and verdicts in, a candidate out. Without any server."""

import pickle
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from msgspec.structs import replace
from sklearn.pipeline import Pipeline

from core.batch import Floats
from core.drift import Reference, reference_of
from core.engineered import with_engineered
from core.errors import UserError
from core.history import History
from core.machine import Machine
from core.prediction import UsualRange
from core.training import LabelledIncident
from model.answers import defect_probabilities, predicted_values, probabilities, tells_defects, tells_value
from model.evaluation import Metrics, evaluate
from model.fence import unpickle
from model.manifest import Golden
from model.normal_rows import normal_rows
from model.pipeline import fit, fit_defects, fit_one_class, fit_value
from model.recipe import Recipe, divided, kind
from model.task_metrics import defect_metrics, value_metrics
from model.threshold import tuned
from model.training_set import IncidentWeights, incident_weights, teaching, training_set

Progress = Callable[[str], None]
_GOLDEN_ROWS = 32


@dataclass(frozen=True, slots=True)
class Taught:
    """What a model was fitted to."""

    rows: int
    """0: nobody knows, for the model was imported."""
    incident_weights: IncidentWeights
    """Base rows that each verdict counted for."""
    label_ids: Sequence[int]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A fitted model and what is known of it; not yet a version."""

    machine: Machine
    recipe: Recipe
    pickled: bytes
    pipeline: Pipeline
    """Unpickled from these very bytes."""
    hold_out: History
    scores: Floats
    """Of the hold-out."""
    metrics: Metrics
    usual: Mapping[str, UsualRange]
    reference: Reference
    golden: Golden
    taught: Taught


def train(
    machine: Machine, base: History, recipe: Recipe, incidents: Sequence[LabelledIncident], progress: Progress
) -> Candidate:
    """A candidate fitted to the base data's training rows and the labelled readings, judged on its hold-out.

    Raises UserError where the data cannot train a model.
    """
    if machine.task == "one_class":
        return _train_one_class(machine, base, recipe, incidents, progress)
    if recipe.algorithm == "svm":
        raise UserError(f"{machine.name} has the task {machine.task}: a one-class SVM is of task one_class alone")
    train_part, _ = divided(base, machine, recipe)
    rows = training_set(train_part, incidents, recipe.seed, machine.classes)
    what, faults = kind(recipe.algorithm, recipe.parameters), np.count_nonzero(rows.fault)
    progress(f"fitting {what} on {len(rows.fault):,} rows, {faults:,} of them faults")
    how = (rows.weights, recipe.seed, recipe.parameters)
    if machine.target:
        fitted = fit_value(machine, machine.target, recipe.algorithm, rows.sensors, rows.values, *how)
    elif machine.classes:
        fitted = fit_defects(machine, recipe.algorithm, rows.sensors, rows.classes, *how)
    else:
        fitted = fit(machine, recipe.algorithm, rows.sensors, rows.fault, *how)
    taught = Taught(
        len(rows.fault), incident_weights(train_part.fault, incidents), [one.label for one in teaching(incidents)]
    )
    return judged(machine, recipe, fitted, taught, base, incidents, progress)


def _train_one_class(
    machine: Machine, base: History, recipe: Recipe, incidents: Sequence[LabelledIncident], progress: Progress
) -> Candidate:
    """The kind of model and its parameters are those of the machine's file."""
    recipe = replace(recipe, algorithm="svm", parameters={})
    rows = normal_rows(divided(base, machine, recipe)[0], incidents, machine.one_class.outside, recipe.seed)
    progress(f"fitting a one-class SVM on {len(rows.weights):,} normal rows")
    fitted = fit_one_class(machine, rows.sensors, rows.weights, rows.outside)
    weights = IncidentWeights(rows.refuted, 0.0)
    taught = Taught(len(rows.weights), weights, [one.label for one in teaching(incidents)])
    return judged(machine, recipe, fitted, taught, base, incidents, progress)


def judged(
    machine: Machine,
    recipe: Recipe,
    fitted: Pipeline,
    taught: Taught,
    base: History,
    incidents: Sequence[LabelledIncident],
    progress: Progress,
) -> Candidate:
    """A fitted pipeline as a candidate: its threshold, and how good it is on the hold-out of the base data."""
    train_part, hold_out = divided(base, machine, recipe)
    pickled = pickle.dumps(fitted, protocol=5)
    pipeline = unpickle(pickled)
    scores = probabilities(pipeline, hold_out.sensors)
    metrics = evaluate(hold_out.fault, scores, *tuned(machine, base, hold_out, scores, incidents, pipeline))
    metrics = replace(metrics, defects=defect_metrics(hold_out, pipeline), value=value_metrics(hold_out, pipeline))
    progress(f"hold-out of {metrics.rows:,} rows, {metrics.faults:,} faults: {_in_words(metrics)}")
    if metrics.defects:
        progress(f"which defect: macro F1 {metrics.defects.macro_f1:.3f}, right {metrics.defects.top_1:.1%}")
    if machine.target and (near := metrics.value):
        progress(f"{machine.target.name}: R² {near.r2:.4f}, MAE {near.mae:.4g}, MSE {near.mse:.4g}")
    return Candidate(
        machine=machine,
        recipe=recipe,
        pickled=pickled,
        pipeline=pipeline,
        hold_out=hold_out,
        scores=scores,
        metrics=metrics,
        usual=usual_ranges(machine, train_part),
        reference=reference_of(machine, train_part),
        golden=_golden(machine, hold_out, pipeline),
        taught=taught,
    )


def _in_words(metrics: Metrics) -> str:
    at = f"at {metrics.threshold:.3f}"
    if metrics.pr_auc is None or metrics.f1 is None:
        return f"{metrics.confusion.false_positives:,} of them outside of what is normal {at}"
    return f"PR-AUC {metrics.pr_auc:.4f}, F1 {metrics.f1:.3f} {at}"


def usual_ranges(machine: Machine, history: History) -> Mapping[str, UsualRange]:
    """Sensor, also engineered, → quantiles over the healthy rows; a sensor that never read has none."""
    healthy = with_engineered(machine, history.sensors[~history.fault])
    ranges = {}
    for sensor, column in zip(machine.inputs, healthy.T, strict=True):
        if len(read := column[~np.isnan(column)]):
            ranges[sensor.name] = UsualRange(*map(float, np.quantile(read, (0.01, 0.5, 0.99))))
    return ranges


def _golden(machine: Machine, hold_out: History, pipeline: Pipeline) -> Golden:
    """Readings of both kinds, evenly spread, and one for each optional sensor without it."""
    chosen = [
        rows[np.linspace(0, len(rows) - 1, min(len(rows), _GOLDEN_ROWS // 2)).astype(np.int64)]
        for rows in (np.flatnonzero(hold_out.fault), np.flatnonzero(~hold_out.fault))
    ]
    optional = [index for index, sensor in enumerate(machine.sensors) if sensor.optional]
    rows = np.concatenate(chosen)
    without = np.repeat(hold_out.sensors[rows[:1]], len(optional), axis=0)
    without[np.arange(len(optional)), optional] = np.nan
    inputs = np.vstack([hold_out.sensors[rows], without])
    outputs = probabilities(pipeline, inputs)
    given = [tuple(None if np.isnan(value) else value for value in row) for row in inputs.tolist()]
    which = defect_probabilities(pipeline, inputs).tolist() if tells_defects(pipeline) else []
    values = predicted_values(pipeline, inputs).tolist() if tells_value(pipeline) else []
    return Golden(tuple(given), tuple(outputs.tolist()), tuple(tuple(row) for row in which), tuple(values))
