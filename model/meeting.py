"""Champion and challenger meet on the same rows and on people's verdicts: what the gate decides from."""

from collections.abc import Sequence
from functools import partial

import numpy as np
from sklearn.pipeline import Pipeline

from core.absent_sensors import newly_absent
from core.answers_upside_down import answer_counts
from core.batch import Floats
from core.comparison import Comparison, Judge, Judged, compare
from core.errors import ModelRefused
from core.history import History
from core.named_defects import NamedDefects, compare_named
from core.normal_rows import compare_normal
from core.ports.models import Model
from core.prediction import ModelVersion
from core.promotion import Decision, decide
from core.recent_alarms import Recent, recent_alarms
from core.training import LabelledIncident
from core.verdict_replay import compared, replayed
from core.which_defect import DefectComparison, Which, compare_defects
from core.which_value import ValueComparison, compare_values
from model.answers import defect_probabilities, predicted_values, probabilities
from model.base_data import fetch
from model.bucket import Bucket
from model.contest import Contest
from model.fit import Candidate
from model.known_defects import known_defects
from model.manifest import Manifest
from model.recipe import divided
from model.scorer import FaultModel
from model.source import VerifiedModels

_UNKNOWN_PAST = (
    "it was imported, so it may have been fitted to these very rows: try it beside the champion (./run shadow), "
    "then promote it by name (./run models promote)"
)


def meet(
    candidate: Candidate,
    base_sha256: str,
    champion: ModelVersion | None,
    models: VerifiedModels,
    bucket: Bucket,
    incidents: Sequence[LabelledIncident],
    recent: Recent,
) -> Contest:
    """Let the candidate meet the champion. Raises Unavailable."""
    machine = candidate.machine
    if champion is None:
        return Contest(True, f"the first model of {machine.name}")
    try:
        manifest = models.manifest(machine, champion)
        model = models.load(machine, champion)
    except ModelRefused as error:
        return Contest(
            False, f"{champion} cannot be compared with: {error}. An engineer may promote it by name", champion
        )
    judge, challenge = _judge(model), _challenging(candidate)
    seed = candidate.recipe.seed

    def on(rows: History | None) -> Comparison | None:
        if rows is None or not rows.fault.any():
            return None
        return compare(rows.fault, judge(rows.sensors), challenge(rows.sensors), seed)

    hold_out = on(candidate.hold_out)
    rows, gone = _earlier(candidate, base_sha256, manifest, bucket)
    earlier = on(rows)
    normal = tuple(
        compare_normal(judge(part.sensors).faults, challenge(part.sensors).faults, seed)
        for part in (candidate.hold_out, rows)
        if part is not None and not part.fault.any()
    )
    absent = () if rows is None else newly_absent(machine.sensor_names, rows.sensors, candidate.hold_out.sensors)
    replay = replayed(incidents, machine.incident, judge, challenge)
    answers = compared(replay, seed)
    alarms = recent_alarms(recent, machine.incident, judge, challenge)
    defects, named = _told_apart(candidate, model, incidents)
    which = defects.macro_f1 if defects else None
    values = _values(candidate, model, incidents)
    decision = decide(
        hold_out, earlier, absent, answers, replay, alarms, answer_counts(incidents), which, named, normal, values
    )
    note = gone or _note(candidate, base_sha256, manifest)
    if not candidate.taught.rows:
        decision = Decision(False, _UNKNOWN_PAST)
    return Contest(
        decision.promote,
        decision.reason,
        champion,
        hold_out,
        earlier,
        answers,
        tuple(replay),
        alarms,
        note,
        defects,
        named,
        normal,
        values,
    )


def _told_apart(
    candidate: Candidate, champion: FaultModel, incidents: Sequence[LabelledIncident]
) -> tuple[DefectComparison | None, NamedDefects | None]:
    """Of a machine with several defects."""
    known = known_defects(candidate.hold_out)
    if known is None:
        return None, None
    before, after = _which(champion.pipeline), _which(candidate.pipeline)
    compared = None
    if len(known.truth):
        said = (before(known.sensors), after(known.sensors))
        compared = compare_defects(known.truth, *said, candidate.recipe.seed)
    return compared, compare_named(incidents, candidate.machine.classes, before, after)


def _values(
    candidate: Candidate, champion: FaultModel, incidents: Sequence[LabelledIncident]
) -> ValueComparison | None:
    """Of a machine whose value is predicted."""
    target = candidate.machine.target
    if target is None:
        return None
    before, after = partial(predicted_values, champion.pipeline), partial(predicted_values, candidate.pipeline)
    return compare_values(target.name, candidate.hold_out, incidents, before, after, candidate.recipe.seed)


def _which(pipeline: Pipeline) -> Which:
    return lambda sensors: np.asarray(1 + defect_probabilities(pipeline, sensors).argmax(axis=1), dtype=np.int64)


def _earlier(candidate: Candidate, base_sha256: str, champion: Manifest, bucket: Bucket) -> tuple[History | None, str]:
    """The champion's hold-out where it is another one, and what is to be noted where it cannot be had."""
    lineage = champion.lineage
    if lineage.base_sha256 == base_sha256:
        return None, ""
    try:
        base = fetch(bucket, candidate.machine, lineage.base_key, lineage.base_sha256)
    except ModelRefused as error:
        return None, f"note: not judged on the champion's own hold-out: {error}"
    return divided(base.history, candidate.machine, lineage.recipe)[1], ""


def _judge(champion: Model) -> Judge:
    def judge(sensors: Floats) -> Judged:
        predictions = champion.predict(sensors)
        return Judged(predictions.scores, predictions.faults)

    return judge


def _challenging(candidate: Candidate) -> Judge:
    def judge(sensors: Floats) -> Judged:
        scores = probabilities(candidate.pipeline, sensors)
        return Judged(scores, np.asarray(scores >= candidate.metrics.threshold))

    return judge


def _note(candidate: Candidate, base_sha256: str, champion: Manifest) -> str:
    if champion.lineage.base_sha256 != base_sha256:
        return "note: the champion was trained on other base data; both were judged on the hold-outs of both"
    if not candidate.recipe.held_out_like(champion.lineage.recipe):
        return "note: the champion held out other rows, so it has seen some of this hold-out, which flatters it"
    return ""
