"""The gate."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from core.absent_sensors import Absent
from core.answers_upside_down import AnswerCounts
from core.comparison import Comparison, Interval, Measure
from core.label import Verdict
from core.normal_rows import NormalRows, compare_normal
from core.promotion import Decision
from core.promotion import decide as decide_with
from core.recent_alarms import RecentAlarms
from core.rollback import before_last
from core.verdict_replay import Replayed, Rings, Strength
from core.which_value import ValueComparison
from core.wrong_answers import explained_by_wrong_answers


def measure(difference: float, margin: float = 0.02) -> Measure:
    return Measure(0.7, 0.7 + difference, Interval(difference - margin, difference + margin))


def comparison(pr_auc: float = 0.0, f1: float = 0.0) -> Comparison:
    """A challenger that is so much better, give or take two hundredths."""
    return Comparison(measure(pr_auc), measure(f1), measure(0), measure(0), rows=100, faults=10)


NOTHING_SAID = AnswerCounts(0, 0, 0, 0)
EVEN = comparison()
BETTER = comparison(0.05)


def decide(
    hold_out: Comparison,
    answers: Comparison | None,
    replay: list[Replayed],
    new: int = 0,
    earlier: Comparison | None = None,
    said: AnswerCounts = NOTHING_SAID,
    absent: Sequence[Absent] = (),
) -> Decision:
    """With so many new alerts on the latest readings, on which the champion raises twenty."""
    return decide_with(hold_out, earlier, absent, answers, replay, RecentAlarms(10_000, 20, 20 + new, new), said)


def judged(verdict: Verdict, champion: bool, challenger: bool, label: int = 1, settled: bool = False) -> Replayed:
    return Replayed(label, label, verdict, Rings(champion, challenger), Strength(0.5, 0.5), settled)


def several(count: int, verdict: Verdict, champion: bool, challenger: bool, start: int = 100) -> list[Replayed]:
    return [judged(verdict, champion, challenger, label) for label in range(start, start + count)]


SPARED = judged(Verdict.FALSE_ALARM, champion=True, challenger=False)
ADDED = judged(Verdict.FALSE_ALARM, champion=False, challenger=True, label=2)
KEPT = judged(Verdict.FAULT, champion=True, challenger=True, label=3)
LOST = judged(Verdict.FAULT, champion=True, challenger=False, label=4)
GAINED = judged(Verdict.FAULT, champion=False, challenger=True, label=5)


def test_what_is_better_on_the_hold_out_is_promoted() -> None:
    decision = decide(BETTER, None, [])
    assert decision.promote
    assert decision.reason.startswith("PR-AUC 0.7500 against the champion's 0.7000 (95 % interval of the difference")


def predicted(difference: float) -> ValueComparison:
    mae = Measure(0.5, 0.5 + difference, Interval(difference - 0.01, difference + 0.01))
    return ValueComparison("permeability", mae, rows=100, measured=0, nearer=(), farther=())


def test_where_a_value_is_predicted_the_error_on_the_hold_out_is_what_promotes() -> None:
    def decided(hold_out: Comparison, error: float) -> Decision:
        none = RecentAlarms(10_000, 20, 20, 0)
        return decide_with(hold_out, None, (), None, [], none, NOTHING_SAID, values=predicted(error))

    words = "MAE 0.{} against the champion's 0.5 (95 % interval of the difference"
    better, same, worse = decided(EVEN, -0.005), decided(BETTER, 0.0), decided(comparison(-0.05), 0.1)
    assert better.promote
    assert better.reason.startswith(f"permeability is predicted better on the hold-out: {words.format(495)}")
    assert not same.promote
    assert same.reason.startswith(f"no better: {words.format(5)}")
    assert same.reason.endswith(" on the hold-out, and no verdict would come out better")
    assert not worse.promote
    assert words.format(6) in worse.reason
    assert "PR-AUC" not in better.reason + same.reason + worse.reason


def test_what_is_worse_on_the_hold_out_beyond_chance_is_refused_whatever_it_spares() -> None:
    decision = decide(comparison(-0.05), None, [SPARED])
    assert not decision.promote
    assert "worse on the hold-out beyond chance" in decision.reason


def test_a_little_lost_on_the_hold_out_is_the_price_of_what_people_said_and_on_their_answers_it_is_not() -> None:
    little = replace(EVEN, pr_auc=Measure(0.97, 0.95, Interval(-0.035, -0.001)))
    assert decide(little, None, [SPARED]).promote
    assert not decide(little, None, []).promote, "a price for nothing"
    assert not decide(EVEN, little, [SPARED]).promote


def test_what_is_better_on_the_hold_out_alone_and_worse_on_peoples_answers_is_refused() -> None:
    decision = decide(BETTER, comparison(-0.05), [])
    assert not decision.promote
    assert "worse on people's answers that no model was trained on beyond chance" in decision.reason


def test_what_ranks_as_well_and_alarms_worse_is_refused() -> None:
    decision = decide(comparison(0.001, f1=-0.05), None, [])
    assert not decision.promote
    assert "at its threshold" in decision.reason
    assert decide(comparison(0.05, f1=-0.05), None, []).promote, "a better ranking may want another threshold"


@pytest.mark.parametrize("replay", [[], [KEPT], [SPARED, ADDED], [KEPT, ADDED]])
def test_what_is_better_in_nothing_is_refused(replay: list[Replayed]) -> None:
    decision = decide(EVEN, None, replay)
    assert not decision.promote
    assert decision.reason.startswith("no better")


@pytest.mark.parametrize(
    ("replay", "reason"),
    [
        ([SPARED], "1 refuted alert would not ring again"),
        ([GAINED], "1 fault that the champion misses would be found"),
        ([SPARED, GAINED], "1 refuted alert would not ring again; 1 fault that"),
        (
            [*several(3, Verdict.FALSE_ALARM, True, False), ADDED],
            "3 refuted alerts would not ring again (1 the other way)",
        ),
    ],
)
def test_what_comes_out_better_on_verdicts_is_promoted(replay: list[Replayed], reason: str) -> None:
    decision = decide(comparison(-0.001), None, replay)
    assert decision.promote
    assert decision.reason.startswith(reason)


def test_what_shines_on_base_data_of_its_own_alone_is_refused() -> None:
    decision = decide(BETTER, BETTER, [SPARED], earlier=comparison(-0.05))
    assert not decision.promote
    assert "worse on the champion's own hold-out beyond chance" in decision.reason
    assert "promote it by name" in decision.reason
    assert decide(BETTER, BETTER, [SPARED], earlier=EVEN).promote


def test_what_was_trained_without_a_sensor_that_the_champion_knows_is_refused_however_good_it_is() -> None:
    decision = decide(BETTER, BETTER, [SPARED], absent=[Absent("vibration", 0.01, 1.0)])
    assert not decision.promote
    assert "lacks what the champion's has: vibration (100% of its rows, 1%)" in decision.reason


def test_answers_that_say_the_opposite_of_the_champion_wait_for_an_engineer() -> None:
    decision = decide(BETTER, BETTER, [SPARED], said=AnswerCounts(1, 11, 20, 4))
    assert not decision.promote
    assert "people confirm 1 of 12 alerts and call 20 of 24 readings that did not ring faults" in decision.reason


def test_what_would_flood_people_is_refused_unless_they_missed_as_much() -> None:
    decision = decide(BETTER, None, [SPARED], new=30)
    assert not decision.promote
    assert "raise 30 alerts on the latest 10,000 readings that the champion (with 20) does not raise" in decision.reason
    assert decide(BETTER, None, [SPARED], new=5).promote, "a few are no flood"
    assert decide(BETTER, None, several(15, Verdict.FAULT, False, True), new=30).promote, "a fault that nobody knew"


def test_what_tells_faults_no_better_than_chance_is_refused() -> None:
    guessing = Measure(0.1, 0.12, Interval(0.0, 0.04))
    decision = decide(replace(BETTER, pr_auc=guessing), None, [SPARED])
    assert not decision.promote
    assert "PR-AUC 0.1200 on the hold-out, where guessing gives 0.1000" in decision.reason


def test_a_confirmed_fault_that_would_be_lost_blocks_and_is_named_with_the_remedy() -> None:
    decision = decide(BETTER, None, [LOST])
    assert not decision.promote
    assert "lose 1 confirmed fault (#4)" in decision.reason
    assert "an engineer's answer settles it" in decision.reason


def test_so_few_lost_faults_among_so_many_refuted_alerts_are_wrong_answers() -> None:
    many = several(40, Verdict.FALSE_ALARM, True, False)
    assert decide(BETTER, None, [LOST, *many]).promote
    assert not decide(BETTER, None, [*several(6, Verdict.FAULT, True, False, start=900), *many]).promote


def test_a_fault_that_an_engineer_settled_is_no_wrong_answer() -> None:
    many = several(40, Verdict.FALSE_ALARM, True, False)
    decision = decide(BETTER, None, [LOST._replace(settled=True), *many])
    assert not decision.promote
    assert "that an engineer settled (#4)" in decision.reason


@pytest.mark.parametrize(
    ("lost", "refuted", "explained"),
    [(1, 0, False), (1, 1, True), (2, 1, False), (2, 10, True), (3, 10, False), (9, 100, True), (11, 100, False)],
)
def test_how_many_losses_wrong_answers_explain(lost: int, refuted: int, explained: bool) -> None:
    assert explained_by_wrong_answers(lost, refuted) is explained


@pytest.mark.parametrize(
    ("promotions", "back_to"),
    [
        ([], None),
        ([("first", 1)], None),
        ([("first", 1), ("gate", 2)], 1),
        ([("first", 1), ("gate", 2), ("gate", 3), ("rollback", 2)], 1),
        ([("first", 1), ("gate", 2), ("rollback", 1)], None),
        ([("first", 1), ("gate", 2), ("rollback", 1), ("override", 2)], 1),
    ],
)
def test_a_rollback_goes_back_step_by_step(promotions: list[tuple[str, int]], back_to: int | None) -> None:
    assert before_last(promotions) == back_to


def on_normal_rows(champion: float, challenger: float, replay: Sequence[Replayed] = ()) -> Decision:
    """Where the hold-out has no fault; the shares of its thousand rows that they alarm for."""
    before, after = (np.arange(1000) < 1000 * share for share in (champion, challenger))
    normal = [compare_normal(before, after, seed=0)]
    quiet = RecentAlarms(10_000, 0, 0, 0)
    return decide_with(None, None, (), None, replay, quiet, NOTHING_SAID, normal=normal)


def test_fewer_alarms_on_normal_rows_are_no_reason_to_promote() -> None:
    decision = on_normal_rows(0.05, 0.0)
    assert not decision.promote
    assert decision.reason == "no better: no verdict would come out better"


def test_what_alarms_for_more_normal_rows_beyond_chance_is_refused_whatever_it_spares() -> None:
    decision = on_normal_rows(0.02, 0.12, [SPARED])
    assert not decision.promote
    assert decision.reason.startswith(
        "it would alarm for more of the 1,000 normal rows of a hold-out, beyond chance: 0.12"
    )
    assert on_normal_rows(0.02, 0.03, [SPARED]).promote, "a little is the price of what people said"


def test_two_models_on_normal_rows_are_compared_row_by_row() -> None:
    rows = np.arange(200) % 10 == 0
    assert compare_normal(rows, rows, seed=1) == NormalRows(Measure(0.1, 0.1, Interval(0.0, 0.0)), 200)
    less = compare_normal(rows, rows & (np.arange(200) < 100), seed=1).false_alarms
    assert less.challenger == 0.05
    assert less.difference.low < -0.05 < less.difference.high < 0
