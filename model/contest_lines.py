"""A contest in lines of text: what the trainer prints, and the training's report shows."""

from collections.abc import Sequence

from core.comparison import PERCENT, Comparison, Measure
from core.label import Verdict
from core.named_defects import NamedDefects
from core.normal_rows import NormalRows
from core.prediction import ModelVersion
from core.recent_alarms import RecentAlarms
from core.verdict_replay import Replayed, gained, lost, spared
from core.which_defect import DefectComparison
from core.which_value import ValueComparison


def comparison_lines(what: str, champion: ModelVersion, found: Comparison) -> list[str]:
    """What the two are worth on the same rows."""
    measures = {"PR-AUC": found.pr_auc, "F1": found.f1, "recall": found.recall, "false alarms": found.false_alarms}
    return [
        f"{what}: {found.rows:,} rows, {found.faults:,} faults; {champion} → the challenger",
        *(f"  {name} {_measure(measure)}" for name, measure in measures.items()),
    ]


def normal_line(champion: ModelVersion, found: NormalRows) -> str:
    """Of a hold-out without a fault."""
    share = _measure(found.false_alarms)
    return (
        f"false alarms on {found.rows:,} normal rows of a hold-out without a fault: {champion} → the challenger {share}"
    )


def _measure(measure: Measure) -> str:
    interval = f"difference, {PERCENT} % interval: {measure.difference.low:+.4f} to {measure.difference.high:+.4f}"
    return f"{measure.champion:.4f} → {measure.challenger:.4f}; {interval}"


def defect_lines(defects: DefectComparison | None, named: NamedDefects | None) -> list[str]:
    """How well the two tell defects apart, where the machine has several."""
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


def value_lines(values: ValueComparison | None) -> list[str]:
    """How near the two come to measured values, where one is predicted."""
    if values is None:
        return []
    nearer, farther = (f"{len(names)} ({', '.join(names) or 'none'})" for names in (values.nearer, values.farther))
    measured = f"{values.measured}; the challenger would come nearer to {nearer}, farther from {farther}"
    return [
        f"{values.name}, of {values.rows:,} rows of the hold-out: MAE {_measure(values.mae)}",
        f"values that people measured: {measured}",
    ]


def replay_lines(replay: Sequence[Replayed]) -> list[str]:
    """Which refuted alerts would vanish, and which confirmed faults be missed or found."""
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


def alarms_line(found: RecentAlarms) -> str:
    """What the two would raise on the latest readings."""
    of = f"of the latest {found.readings:,} readings"
    return f"incidents {of}: {found.champion} → {found.challenger}, {found.new} of them new"


def _listed(what: str, troubles: Sequence[Replayed]) -> str:
    return f" ({what}: {', '.join(one.name for one in troubles)})" if troubles else ""
