"""The gate: whether a challenger may replace the champion, decided from what both say of the same readings."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.absent_sensors import Absent
from core.answers_upside_down import AnswerCounts
from core.comparison import Comparison, Measure
from core.gate_words import areas, counted
from core.named_defects import NamedDefects
from core.normal_rows import NormalRows
from core.recent_alarms import RecentAlarms
from core.refusals import (
    OUTGROWN,
    alarming,
    blind,
    confusing,
    guessing,
    losing,
    ringing,
    spoilt,
    unnaming,
    upside_down,
    worse,
)
from core.verdict_replay import Replayed, added, gained, lost, spared
from core.which_value import ValueComparison


@dataclass(frozen=True, slots=True)
class Decision:
    """What the gate says, and why in words for an engineer."""

    promote: bool
    reason: str


def decide(
    hold_out: Comparison | None,
    earlier: Comparison | None,
    absent: Sequence[Absent],
    answers: Comparison | None,
    replay: Sequence[Replayed],
    alarms: RecentAlarms,
    said: AnswerCounts,
    which: Measure | None = None,
    named: NamedDefects | None = None,
    normal: Sequence[NormalRows] = (),
    values: ValueComparison | None = None,
) -> Decision:
    """Promotes what is better in something and worse in nothing.

    `hold_out`: rows of the base data; `earlier`: of the champion's, where the challenger comes with others, which may
    be spoilt (a sensor that stood still, a column that gives the answer away) and then shine on themselves; `absent`:
    sensors that these others lack, none of which may be; `answers`:
    readings that people judged and no model was trained on, None where there are too few. None of them may be worse
    beyond chance, the hold-outs not by more than a little. Of the confirmed faults no more may be lost than wrong
    answers explain, nor more than false alarms are spared, and none that an engineer settled. On the latest readings,
    `alarms`, it may not raise many alerts that neither the champion raised nor a person missed. And what
    people `said` may not be the champion's opposite. Of a machine with several defects, `which`: how well both tell
    them apart on the hold-out (macro F1), and `named`: defects that people named. Neither may be worse, as above.
    `normal`: hold-outs without a fault, on which it may not alarm more; there, fewer alarms are no reason to promote,
    for a model that sees nothing has none. Where a value is predicted, `values`: its error on the hold-out may not grow
    beyond chance and by more than a little, nor may it come farther from more measured values than nearer to others;
    there, less error is the reason to promote, and not how well alarms are told from the rest.
    """
    refusals = [
        upside_down(said),
        blind(absent),
        values.loss(OUTGROWN) if values else "",
        guessing(hold_out) if hold_out else "",
        worse(hold_out, "on the hold-out", OUTGROWN) if hold_out else "",
        *(alarming(found) for found in normal),
        spoilt(earlier) if earlier else "",
        worse(answers, "on people's answers that no model was trained on") if answers else "",
        losing(replay),
        ringing(alarms, replay),
        confusing(which),
        unnaming(named),
    ]
    for refusal in refusals:
        if refusal:
            return Decision(False, refusal)
    benefits = [
        _more(spared(replay), added(replay), "refuted alert", "would not ring again"),
        _more(gained(replay), lost(replay), "fault", "that the champion misses would be found"),
        _naming(named),
        values.gain() if values else "",
        _better(answers, "on people's answers") if answers else "",
        _better(hold_out, "on the hold-out") if hold_out and not values else "",
    ]
    reasons = [benefit for benefit in benefits if benefit]
    if reasons:
        return Decision(True, "; ".join(reasons))
    return Decision(False, f"no better:{_figures_of(hold_out, values)} no verdict would come out better")


def _naming(named: NamedDefects | None) -> str:
    if named is None or len(named.gained) <= len(named.lost):
        return ""
    but = f" ({len(named.lost)} the other way)" if named.lost else ""
    return f"{counted(len(named.gained), 'defect')} would be called what people named them{but}"


def _more(better: Sequence[Replayed], worse: Sequence[Replayed], what: str, how: str) -> str:
    if len(better) <= len(worse):
        return ""
    but = f" ({len(worse)} the other way)" if worse else ""
    return f"{counted(len(better), what)} {how}{but}"


def _better(found: Comparison, where: str) -> str:
    if not (found.pr_auc.rose or found.pr_auc.challenger > found.pr_auc.champion):
        return ""
    return areas(found.pr_auc, where)


def _figures_of(hold_out: Comparison | None, values: ValueComparison | None) -> str:
    if values is not None:
        return f" {values.errors()} on the hold-out, and"
    return f" {areas(hold_out.pr_auc, 'on the hold-out')}, and" if hold_out else ""
