"""The gate: whether a challenger may replace the champion, decided from what both say of the same readings."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from core.absent_sensors import Absent
from core.answers_upside_down import AnswerCounts
from core.comparison import PERCENT, Comparison, Measure
from core.label import Verdict
from core.named_defects import NamedDefects
from core.normal_rows import NormalRows
from core.recent_alarms import RecentAlarms
from core.verdict_replay import Replayed, added, gained, lost, spared
from core.which_value import ValueComparison

WRONG_ANSWERS = 0.05
"""Share of answers that are taken to be wrong, for people err too. Assumed, as the benchmarks do; nobody knows it."""
_CHANCE = 1 - PERCENT / 100
_OVER_CHANCE = 1.5
"""Times the share of faults, which is what guessing gives: shuffled labels reach 1.2."""
_OUTGROWN = 0.02
"""So much of PR-AUC or F1 on a hold-out of base data is no reason to refuse: a fleet outgrows the devices it came from,
and a model that follows people's verdicts gives some of its edge there away."""
_NEW_ALERTS, _NEW_SHARE = 3, 0.25
"""So many new alerts on the latest readings are no flood, or so many of the champion's."""


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
        _upside_down(said),
        _blind(absent),
        values.loss(_OUTGROWN) if values else "",
        _guessing(hold_out) if hold_out else "",
        _worse(hold_out, "on the hold-out", _OUTGROWN) if hold_out else "",
        *(_alarming(found) for found in normal),
        _spoilt(earlier) if earlier else "",
        _worse(answers, "on people's answers that no model was trained on") if answers else "",
        _losing(replay),
        _ringing(alarms, replay),
        _confusing(which),
        _unnaming(named),
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


def before_last(promotions: Sequence[tuple[str, int]]) -> int | None:
    """The champion to roll back to, from every promotion (kind, number) in order; None where there is none.

    A rollback takes its champions off, so that two rollbacks in a row go back two steps.
    """
    stack: list[int] = []
    for kind, number in promotions:
        if kind == "rollback" and number in stack:
            while stack[-1] != number:
                stack.pop()
        elif not stack or stack[-1] != number:
            stack.append(number)
    return stack[-2] if len(stack) > 1 else None


def explained_by_wrong_answers(lost: int, refuted: int) -> bool:
    """Whether so many confirmed faults may be lost because they are false alarms that somebody confirmed.

    With so many refuted alerts, about WRONG_ANSWERS / (1 - WRONG_ANSWERS) of that number were confirmed by mistake;
    the losses are explained where a Poisson variable of that mean reaches them more often than chance has it.
    """
    mean = refuted * WRONG_ANSWERS / (1 - WRONG_ANSWERS)
    fewer = sum(math.exp(-mean) * mean**count / math.factorial(count) for count in range(lost))
    return 1 - fewer > _CHANCE


def _upside_down(said: AnswerCounts) -> str:
    if not said.upside_down:
        return ""
    alerts, questions = said.confirmed + said.refuted, said.found + said.calm
    return (
        f"people confirm {said.confirmed} of {alerts} alerts and call {said.found} of {questions} readings that did not"
        " ring faults: somebody may answer the wrong way round. An engineer's answers settle it"
    )


def _guessing(found: Comparison) -> str:
    by_chance = found.faults / found.rows
    if found.pr_auc.challenger >= _OVER_CHANCE * by_chance:
        return ""
    return (
        f"it hardly tells faults from normal readings: PR-AUC {found.pr_auc.challenger:.4f} on the hold-out, where"
        f" guessing gives {by_chance:.4f}. Are its labels in the right rows?"
    )


def _worse(found: Comparison, where: str, tolerated: float = 0.0) -> str:
    if found.pr_auc.fell(tolerated):
        return f"worse {where} beyond chance: {_areas(found.pr_auc, where)}"
    if found.f1.fell(tolerated) and not found.pr_auc.rose:
        return f"worse {where} at its threshold, beyond chance: F1 {_figures(found.f1)}"
    return ""


def _alarming(found: NormalRows) -> str:
    if found.false_alarms.difference.low <= _OUTGROWN:
        return ""
    return (
        f"it would alarm for more of the {found.rows:,} normal rows of a hold-out, beyond chance:"
        f" {_figures(found.false_alarms)}"
    )


def _spoilt(earlier: Comparison) -> str:
    worse = _worse(earlier, "on the champion's own hold-out", _OUTGROWN)
    return worse and f"with other base data it is {worse}. Where the new data is the better one, promote it by name"


def _blind(absent: Sequence[Absent]) -> str:
    if not absent:
        return ""
    named = " and ".join(f"{one.sensor} ({one.challenger:.0%} of its rows, {one.champion:.0%})" for one in absent)
    return (
        f"its base data lacks what the champion's has: {named}. Where the machine has that sensor no more, promote it"
        " by name"
    )


def _losing(replay: Sequence[Replayed]) -> str:
    missed, quiet = lost(replay), spared(replay)
    if not missed:
        return ""
    named = ", ".join(one.name for one in missed)
    if settled := [one.name for one in missed if one.settled]:
        return f"it would lose {_counted(len(settled), 'fault')} that an engineer settled ({', '.join(settled)})"
    refuted = sum(one.verdict is Verdict.FALSE_ALARM for one in replay)
    if len(missed) > len(quiet) or not explained_by_wrong_answers(len(missed), refuted):
        return (
            f"it would lose {_counted(len(missed), 'confirmed fault')} ({named}), more than wrong answers explain, and"
            f" spare {_counted(len(quiet), 'false alarm')}. Where an answer is wrong, an engineer's answer settles it"
        )
    return ""


def _ringing(alarms: RecentAlarms, replay: Sequence[Replayed]) -> str:
    allowed = max(_NEW_ALERTS, _NEW_SHARE * alarms.champion) + 2 * len(gained(replay))
    if alarms.new <= allowed:
        return ""
    return (
        f"it would raise {_counted(alarms.new, 'alert')} on the latest {alarms.readings:,} readings that the champion"
        f" (with {alarms.champion}) does not raise, and that nobody missed"
    )


def _confusing(which: Measure | None) -> str:
    if which is None or not which.fell(_OUTGROWN):
        return ""
    return f"it confuses defects on the hold-out, beyond chance: macro F1 {_figures(which)}"


def _unnaming(named: NamedDefects | None) -> str:
    if named is None or len(named.lost) <= len(named.gained):
        return ""
    if explained_by_wrong_answers(len(named.lost), named.troubles):
        return ""
    troubles = ", ".join(named.lost)
    return f"it would call {_counted(len(named.lost), 'defect')} otherwise than people named them ({troubles})"


def _naming(named: NamedDefects | None) -> str:
    if named is None or len(named.gained) <= len(named.lost):
        return ""
    but = f" ({len(named.lost)} the other way)" if named.lost else ""
    return f"{_counted(len(named.gained), 'defect')} would be called what people named them{but}"


def _more(better: Sequence[Replayed], worse: Sequence[Replayed], what: str, how: str) -> str:
    if len(better) <= len(worse):
        return ""
    but = f" ({len(worse)} the other way)" if worse else ""
    return f"{_counted(len(better), what)} {how}{but}"


def _better(found: Comparison, where: str) -> str:
    if not (found.pr_auc.rose or found.pr_auc.challenger > found.pr_auc.champion):
        return ""
    return _areas(found.pr_auc, where)


def _figures_of(hold_out: Comparison | None, values: ValueComparison | None) -> str:
    if values is not None:
        return f" {values.errors()} on the hold-out, and"
    return f" {_areas(hold_out.pr_auc, 'on the hold-out')}, and" if hold_out else ""


def _areas(found: Measure, where: str) -> str:
    return f"PR-AUC {_figures(found)} {where}"


def _figures(found: Measure) -> str:
    interval = f"{PERCENT} % interval of the difference {found.difference.low:+.4f} to {found.difference.high:+.4f}"
    return f"{found.challenger:.4f} against the champion's {found.champion:.4f} ({interval})"


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"
