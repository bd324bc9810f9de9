"""Champion and challenger on the same rows and on people's verdicts: what the gate decides from."""

from collections.abc import Sequence

import numpy as np
from msgspec import Struct
from sklearn.pipeline import Pipeline

from core.absent_sensors import newly_absent
from core.answers_upside_down import answer_counts
from core.batch import Floats
from core.comparison import PERCENT, Comparison, Judge, Judged, Measure, compare
from core.errors import ModelRefused
from core.history import History
from core.label import Verdict
from core.named_defects import NamedDefects, compare_named
from core.ports.models import Model
from core.prediction import ModelVersion
from core.promotion import decide
from core.recent_alarms import Recent, RecentAlarms, recent_alarms
from core.training import LabelledIncident
from core.verdict_replay import Replayed, compared, gained, lost, replayed, spared
from core.which_defect import DefectComparison, Which, compare_defects
from model.base_data import fetch
from model.bucket import Bucket
from model.fit import Candidate
from model.known_defects import known_defects
from model.manifest import Manifest
from model.pipeline import defect_probabilities, probabilities
from model.recipe import divided
from model.scorer import FaultModel
from model.source import VerifiedModels


class Contest(Struct, frozen=True):
    """The gate's decision with all that it was made from."""

    promote: bool
    reason: str
    champion: ModelVersion | None = None
    hold_out: Comparison | None = None
    earlier: Comparison | None = None
    """On the champion's hold-out, where that is of other base data."""
    answers: Comparison | None = None
    """On what people judged and no model was trained on; None: too few to tell."""
    replay: tuple[Replayed, ...] = ()
    alarms: RecentAlarms | None = None
    """On the latest readings."""
    note: str = ""
    defects: DefectComparison | None = None
    """How well both tell defects apart on the hold-out; None: the machine has one kind of fault."""
    named: NamedDefects | None = None
    """Of a machine with several defects; None: nobody named one."""

    def lines(self) -> Sequence[str]:
        """The contest for an engineer to read."""
        if self.hold_out is None or self.champion is None:
            return []
        lines = _comparison_lines("hold-out", self.champion, self.hold_out)
        if self.earlier is not None:
            lines += _comparison_lines("the champion's own hold-out", self.champion, self.earlier)
        if self.answers is not None:
            lines += _comparison_lines("answers that no model was trained on", self.champion, self.answers)
        lines += _defect_lines(self.defects, self.named)
        lines += _replay_lines(self.replay)
        if self.alarms is not None and self.alarms.readings:
            lines.append(_alarms_line(self.alarms))
        return [*lines, self.note] if self.note else lines


def contest(
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

    def on(rows: History) -> Comparison:
        return compare(rows.fault, judge(rows.sensors), challenge(rows.sensors), seed)

    hold_out = on(candidate.hold_out)
    rows, gone = _earlier(candidate, base_sha256, manifest, bucket)
    earlier = None if rows is None else on(rows)
    absent = () if rows is None else newly_absent(machine.sensor_names, rows.sensors, candidate.hold_out.sensors)
    replay = replayed(incidents, machine.incident, judge, challenge)
    answers = compared(replay, seed)
    alarms = recent_alarms(recent, machine.incident, judge, challenge)
    defects, named = _told_apart(candidate, model, incidents)
    which = defects.macro_f1 if defects else None
    decision = decide(hold_out, earlier, absent, answers, replay, alarms, answer_counts(incidents), which, named)
    note = gone or _note(candidate, base_sha256, manifest)
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


def _comparison_lines(what: str, champion: ModelVersion, found: Comparison) -> list[str]:
    measures = {"PR-AUC": found.pr_auc, "F1": found.f1, "recall": found.recall, "false alarms": found.false_alarms}
    return [
        f"{what}: {found.rows:,} rows, {found.faults:,} faults; {champion} → the challenger",
        *(f"  {name} {_measure(measure)}" for name, measure in measures.items()),
    ]


def _measure(measure: Measure) -> str:
    interval = f"difference, {PERCENT} % interval: {measure.difference.low:+.4f} to {measure.difference.high:+.4f}"
    return f"{measure.champion:.4f} → {measure.challenger:.4f}; {interval}"


def _defect_lines(defects: DefectComparison | None, named: NamedDefects | None) -> list[str]:
    lines = []
    if defects is not None:
        lines.append(
            f"which defect, of {defects.faults:,} faults of the hold-out: macro F1 {_measure(defects.macro_f1)}"
        )
    if named is not None:
        lines.append(
            f"defects that people named: {named.troubles}; {len(named.gained)} the challenger alone would call so"
            f" ({', '.join(named.gained) or 'none'}), {len(named.lost)} the champion alone"
            f" ({', '.join(named.lost) or 'none'})"
        )
    return lines


def _replay_lines(replay: Sequence[Replayed]) -> list[str]:
    refuted = [one for one in replay if one.verdict is Verdict.FALSE_ALARM]
    confirmed = [one for one in replay if one.verdict is Verdict.FAULT]
    before, after = (sum(one.rings[side] for one in refuted) for side in (0, 1))
    again = f"the champion would raise {before} of them again, the challenger {after}"
    missed = f"the challenger would miss {len(lost(replay))}{_listed('missed', lost(replay))}"
    found = f"and find {len(gained(replay))} that the champion misses{_listed('found', gained(replay))}"
    return [
        f"refuted: {len(refuted)}; {again}{_listed('gone', spared(replay))}",
        f"confirmed: {len(confirmed)}; {missed}, {found}",
    ]


def _alarms_line(found: RecentAlarms) -> str:
    of = f"of the latest {found.readings:,} readings"
    return f"incidents {of}: {found.champion} → {found.challenger}, {found.new} of them new"


def _listed(what: str, troubles: Sequence[Replayed]) -> str:
    return f" ({what}: {', '.join(one.name for one in troubles)})" if troubles else ""
