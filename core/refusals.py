"""What speaks against a challenger, each in words for an engineer; empty: it does not."""

from collections.abc import Sequence

from core.absent_sensors import Absent
from core.answers_upside_down import AnswerCounts
from core.comparison import Comparison, Measure
from core.gate_words import areas, counted, figures
from core.label import Verdict
from core.named_defects import NamedDefects
from core.normal_rows import NormalRows
from core.recent_alarms import RecentAlarms
from core.verdict_replay import Replayed, gained, lost, spared
from core.wrong_answers import explained_by_wrong_answers

_OVER_CHANCE = 1.5
"""Times the share of faults, which is what guessing gives: shuffled labels reach 1.2."""
OUTGROWN = 0.02
"""So much of PR-AUC or F1 on a hold-out of base data is no reason to refuse: a fleet outgrows the devices it came from,
and a model that follows people's verdicts gives some of its edge there away."""
_NEW_ALERTS, _NEW_SHARE = 3, 0.25
"""So many new alerts on the latest readings are no flood, or so many of the champion's."""


def upside_down(said: AnswerCounts) -> str:
    """Somebody may answer the wrong way round."""
    if not said.upside_down:
        return ""
    alerts, questions = said.confirmed + said.refuted, said.found + said.calm
    return (
        f"people confirm {said.confirmed} of {alerts} alerts and call {said.found} of {questions} readings that did not"
        " ring faults: somebody may answer the wrong way round. An engineer's answers settle it"
    )


def guessing(found: Comparison) -> str:
    """It hardly tells faults from normal readings."""
    by_chance = found.faults / found.rows
    if found.pr_auc.challenger >= _OVER_CHANCE * by_chance:
        return ""
    return (
        f"it hardly tells faults from normal readings: PR-AUC {found.pr_auc.challenger:.4f} on the hold-out, where"
        f" guessing gives {by_chance:.4f}. Are its labels in the right rows?"
    )


def worse(found: Comparison, where: str, tolerated: float = 0.0) -> str:
    """Worse beyond chance on these rows; so much of the measure is `tolerated`."""
    if found.pr_auc.fell(tolerated):
        return f"worse {where} beyond chance: {areas(found.pr_auc, where)}"
    if found.f1.fell(tolerated) and not found.pr_auc.rose:
        return f"worse {where} at its threshold, beyond chance: F1 {figures(found.f1)}"
    return ""


def alarming(found: NormalRows) -> str:
    """It alarms more on rows without a fault."""
    if found.false_alarms.difference.low <= OUTGROWN:
        return ""
    return (
        f"it would alarm for more of the {found.rows:,} normal rows of a hold-out, beyond chance:"
        f" {figures(found.false_alarms)}"
    )


def spoilt(earlier: Comparison) -> str:
    """On the champion's own hold-out it is worse, though it comes with other base data."""
    found = worse(earlier, "on the champion's own hold-out", OUTGROWN)
    return found and f"with other base data it is {found}. Where the new data is the better one, promote it by name"


def blind(absent: Sequence[Absent]) -> str:
    """Its base data lacks sensors that the champion's has."""
    if not absent:
        return ""
    named = " and ".join(f"{one.sensor} ({one.challenger:.0%} of its rows, {one.champion:.0%})" for one in absent)
    return (
        f"its base data lacks what the champion's has: {named}. Where the machine has that sensor no more, promote it"
        " by name"
    )


def losing(replay: Sequence[Replayed]) -> str:
    """It loses confirmed faults, more than wrong answers explain."""
    missed, quiet = lost(replay), spared(replay)
    if not missed:
        return ""
    named = ", ".join(one.name for one in missed)
    if settled := [one.name for one in missed if one.settled]:
        return f"it would lose {counted(len(settled), 'fault')} that an engineer settled ({', '.join(settled)})"
    refuted = sum(one.verdict is Verdict.FALSE_ALARM for one in replay)
    if len(missed) > len(quiet) or not explained_by_wrong_answers(len(missed), refuted):
        return (
            f"it would lose {counted(len(missed), 'confirmed fault')} ({named}), more than wrong answers explain, and"
            f" spare {counted(len(quiet), 'false alarm')}. Where an answer is wrong, an engineer's answer settles it"
        )
    return ""


def ringing(alarms: RecentAlarms, replay: Sequence[Replayed]) -> str:
    """It would raise many alerts on the latest readings."""
    allowed = max(_NEW_ALERTS, _NEW_SHARE * alarms.champion) + 2 * len(gained(replay))
    if alarms.new <= allowed:
        return ""
    return (
        f"it would raise {counted(alarms.new, 'alert')} on the latest {alarms.readings:,} readings that the champion"
        f" (with {alarms.champion}) does not raise, and that nobody missed"
    )


def confusing(which: Measure | None) -> str:
    """It tells the hold-out's defects apart worse."""
    if which is None or not which.fell(OUTGROWN):
        return ""
    return f"it confuses defects on the hold-out, beyond chance: macro F1 {figures(which)}"


def unnaming(named: NamedDefects | None) -> str:
    """It calls defects otherwise than people named them."""
    if named is None or len(named.lost) <= len(named.gained):
        return ""
    if explained_by_wrong_answers(len(named.lost), named.troubles):
        return ""
    troubles = ", ".join(named.lost)
    return f"it would call {counted(len(named.lost), 'defect')} otherwise than people named them ({troubles})"
