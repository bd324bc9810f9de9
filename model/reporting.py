"""The report of one training, from the same scores that the gate decided by."""

import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

import msgspec
import numpy as np
from msgspec.structs import replace
from sklearn.metrics import average_precision_score, precision_recall_curve

from core.batch import Bools, Floats
from core.comparison import Judged
from core.errors import ModelRefused
from core.label import Verdict
from core.machine import Machine
from core.prediction import ModelVersion
from core.stored_report import StoredReport
from core.target import limits_in_words
from core.training_report import (
    Bin,
    Counts,
    ReportedModel,
    ReportedTarget,
    TrainingReport,
    Verdicts,
    Weight,
)
from core.verdict_replay import Replayed, added, gained, lost, spared
from model.answers import probabilities
from model.component_facts import reported_components
from model.contest import Contest
from model.fit import Candidate
from model.recipe import kind
from model.source import VerifiedModels
from model.task_metrics import defect_metrics, value_metrics

Render = Callable[[TrainingReport], str]
"""The report as one HTML file."""

_POINTS = 200
"""Of a curve: more are not seen."""
_BINS = 10
_CELLS = 100_000
"""Values that one reading of importance scores at most."""


class About(NamedTuple):
    """Who asked for the training, and when it was."""

    at: datetime
    asked_by: str
    base_rows: int


def report_of(candidate: Candidate, gate: Contest, models: VerifiedModels, about: About) -> TrainingReport:
    """As of a dry run. All figures are of the candidate's hold-out or come from the gate. Raises Unavailable."""
    metrics, hold_out = candidate.metrics, candidate.hold_out
    champion, champions_labels = _champion(candidate, gate.champion, models)
    own = Judged(candidate.scores, np.asarray(candidate.scores >= metrics.threshold))
    return TrainingReport(
        machine=candidate.machine.name,
        version=None,
        at=about.at,
        asked_by=about.asked_by,
        promote=gate.promote,
        reason=gate.reason,
        model=kind(candidate.recipe.algorithm, candidate.recipe.parameters),
        threshold_rule=metrics.threshold_rule,
        base_rows=about.base_rows,
        train_rows=candidate.taught.rows,
        rows=metrics.rows,
        faults=metrics.faults,
        challenger=replace(
            _reported("the challenger", metrics.threshold, hold_out.fault, own),
            defects=metrics.defects,
            value=metrics.value,
        ),
        champion=champion,
        hold_out=gate.hold_out,
        normal=gate.normal,
        answers=gate.answers,
        importance=importance(candidate),
        verdicts=_verdicts(candidate, champions_labels, gate.replay),
        new_alerts=gate.alarms.new if gate.alarms is not None and gate.alarms.readings else None,
        note=gate.note,
        defects=gate.defects,
        named=gate.named,
        target=_target(candidate.machine),
        values=gate.values,
        components=reported_components(candidate.machine, candidate.pipeline),
    )


def of_version(report: TrainingReport, version: ModelVersion) -> TrainingReport:
    """The same of a training that made a version."""
    challenger = replace(report.challenger, name=str(version))
    return replace(report, version=version.number, challenger=challenger)


def stored(report: TrainingReport, html: bytes) -> StoredReport:
    """Where it is kept: a key of its own beside the model, whose signed bytes do not change with it."""
    sha256 = hashlib.sha256(html).hexdigest()
    return StoredReport(f"machines/{report.machine}/reports/{sha256}.html", sha256, msgspec.to_builtins(report))


def importance(candidate: Candidate) -> tuple[Weight, ...]:
    """What PR-AUC loses where a sensor's values are dealt out among the rows, the weightiest first.

    Breiman, "Random Forests", Machine Learning 45 (2001). On evenly spread rows of both kinds of the hold-out. Where
    that has no fault: how much more abnormal its rows look on average.
    """
    hold_out, names = candidate.hold_out, candidate.machine.sensor_names
    rows = _spread(hold_out.fault, max(_CELLS // len(names), 200))
    sensors, truth = hold_out.sensors[rows], hold_out.fault[rows]

    def worth(scores: Floats) -> float:
        return float(average_precision_score(truth, scores) if truth.any() else -scores.mean())

    whole = worth(candidate.scores[rows])
    random = np.random.default_rng(candidate.recipe.seed)
    weights = []
    for place, name in enumerate(names):
        dealt = sensors.copy()
        dealt[:, place] = random.permutation(dealt[:, place])
        weights.append(Weight(name, whole - worth(probabilities(candidate.pipeline, dealt))))
    return tuple(sorted(weights, key=lambda weight: -weight.loses))


def _champion(
    candidate: Candidate, version: ModelVersion | None, models: VerifiedModels
) -> tuple[ReportedModel | None, frozenset[int]]:
    """The champion on the hold-out, and the labels that it was trained with."""
    if version is None:
        return None, frozenset()
    try:
        labels = frozenset(models.manifest(candidate.machine, version).lineage.label_ids)
        model = models.load(candidate.machine, version)
    except ModelRefused:
        return None, frozenset()  # the gate says why
    said = model.predict(candidate.hold_out.sensors)
    judged = Judged(said.scores, said.faults)
    reported = _reported(str(version), model.threshold, candidate.hold_out.fault, judged)
    defects, value = (of(candidate.hold_out, model.pipeline) for of in (defect_metrics, value_metrics))
    return replace(reported, defects=defects, value=value), labels


def _target(machine: Machine) -> ReportedTarget | None:
    target = machine.target
    if target is None:
        return None
    return ReportedTarget(target.title or target.name, target.unit, limits_in_words(target.low, target.high))


def _reported(name: str, threshold: float, truth: Bools, said: Judged) -> ReportedModel:
    counts = Counts(
        found=int(np.count_nonzero(truth & said.faults)),
        missed=int(np.count_nonzero(truth & ~said.faults)),
        false=int(np.count_nonzero(~truth & said.faults)),
        quiet=int(np.count_nonzero(~truth & ~said.faults)),
    )
    return ReportedModel(name, threshold, counts, _curve(truth, said.scores), _calibration(truth, said.scores))


def _curve(truth: Bools, scores: Floats) -> tuple[tuple[float, float], ...]:
    if not truth.any():
        return ()
    precision, recall, _ = precision_recall_curve(truth, scores)
    points = np.column_stack([recall, precision])[::-1]
    chosen = np.unique(np.linspace(0, len(points) - 1, min(len(points), _POINTS)).astype(np.int64))
    return tuple((float(one), float(other)) for one, other in points[chosen])


def _calibration(truth: Bools, scores: Floats) -> tuple[Bin, ...]:
    places = np.minimum((scores * _BINS).astype(np.int64), _BINS - 1)
    bins = [(scores[places == place], truth[places == place]) for place in range(_BINS)]
    return tuple(Bin(float(said.mean()), float(real.mean()), len(said)) for said, real in bins if len(said))


def _verdicts(candidate: Candidate, champions: frozenset[int], replay: tuple[Replayed, ...]) -> Verdicts:
    taught = frozenset(candidate.taught.label_ids)
    return Verdicts(
        taught=len(taught),
        new=len(taught - champions),
        dropped=len(champions - taught),
        refuted=sum(one.verdict is Verdict.FALSE_ALARM for one in replay),
        confirmed=sum(one.verdict is Verdict.FAULT for one in replay),
        vanish=tuple(one.name for one in spared(replay)),
        ring_anew=tuple(one.name for one in added(replay)),
        lost=tuple(one.name for one in lost(replay)),
        gained=tuple(one.name for one in gained(replay)),
    )


def _spread(fault: Bools, count: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """At most so many rows, evenly spread, of each kind up to half of them."""
    kinds = (np.flatnonzero(fault), np.flatnonzero(~fault))
    chosen = [rows[np.linspace(0, len(rows) - 1, min(len(rows), count // 2)).astype(np.int64)] for rows in kinds]
    return np.concatenate(chosen)
