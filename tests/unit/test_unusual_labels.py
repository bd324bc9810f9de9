from collections.abc import Sequence
from datetime import timedelta

import numpy as np
import pytest

from core.incident_policy import IncidentPolicy
from core.label import Verdict
from core.second_opinion import second_opinions
from core.training import LabelledIncident
from core.unusual_labels import BURST, FEW, GivenAnswer, Pattern, unusual
from tests.answers import Answers
from tests.builders import NOON

FAULT, FALSE_ALARM = Verdict.FAULT, Verdict.FALSE_ALARM


def patterns(answers: Sequence[GivenAnswer]) -> list[tuple[str, Pattern]]:
    names = {one.operator: one.by for one in answers}
    return [(names[found.operator], found.pattern) for found in unusual(answers)]


def flipped(count: int, people: Sequence[str] = ("ann", "ben", "cat")) -> Answers:
    """Mallory says of every trouble the other thing than people who answered it first."""
    said = Answers()
    for trouble in range(count):
        said.add(people[trouble % len(people)], trouble, FAULT if trouble % 3 else FALSE_ALARM)
        said.add("mallory", trouble, FALSE_ALARM if trouble % 3 else FAULT)
    return said


def test_a_person_who_flips_what_others_said_is_held_with_all_that_they_said() -> None:
    said = flipped(12)
    alone = said.add("mallory", 99, FAULT)
    (found,) = unusual(said.all)
    assert found.pattern is Pattern.OVERTURNS
    assert found.reason == "mallory contradicts what others said 12 times of 12"
    assert set(found.labels) == {one.label for one in said.all if one.by == "mallory"}
    assert alone in found.labels, "nobody knows which of them are wrong"


@pytest.mark.parametrize("count", [1, 3, FEW - 1])
def test_a_few_answers_are_no_pattern(count: int) -> None:
    assert patterns(flipped(count).all) == []


def test_who_is_contradicted_by_everybody_else_later_is_not_the_one_who_overturns() -> None:
    assert patterns(flipped(20).all) == [("mallory", Pattern.OVERTURNS)]


def test_who_agrees_with_an_engineer_contradicts_nobody() -> None:
    said = flipped(12)
    for trouble in range(12):
        said.add("eve", trouble, FALSE_ALARM if trouble % 3 else FAULT, engineer=True)
    assert patterns(said.all) == [], "she says what mallory said; the others answered four each"


def test_where_everybody_contradicts_the_model_as_often_nobody_is_unusual() -> None:
    said = Answers()
    for person in ("ann", "ben"):
        for trouble in range(20):
            said.add(person, f"{person} {trouble}", FALSE_ALARM, model=FAULT)
    assert patterns(said.all) == []
    for trouble in range(20):
        said.add("cat", f"cat {trouble}", FAULT, model=FAULT)
    assert patterns(said.all) == [], "the one who agrees least"


def test_a_person_of_whom_a_later_model_is_surely_of_another_mind_is_held() -> None:
    said = Answers()
    for trouble in range(20):
        said.add("ann", f"a{trouble}", FAULT, model=FAULT)
        said.add("mallory", f"m{trouble}", FALSE_ALARM, model=FAULT)
    (found,) = unusual(said.all)
    assert found.reason == "mallory contradicts what others said 20 times of 20; the others do so 0 times of 20"


def test_who_turns_nearly_all_their_own_answers_round_is_held() -> None:
    said = Answers()
    for verdict in (FAULT, FALSE_ALARM):
        for trouble in range(10):
            said.add("mallory", trouble, verdict)
    (found,) = unusual(said.all)
    assert (found.pattern, len(found.labels)) == (Pattern.TURNS, 20)
    some = Answers()
    for trouble in range(30):
        some.add("ann", trouble, FAULT)
    for trouble in range(8):
        some.add("ann", trouble, FALSE_ALARM)
    assert patterns(some.all) == [], "people correct themselves"


def test_one_answer_about_many_devices_faster_than_anybody_looks_is_held_alone() -> None:
    said = Answers()
    for device in range(BURST):
        said.add("ann", f"then {device}", FALSE_ALARM, device=device, at=NOON + timedelta(seconds=60 * device))
    assert patterns(said.all) == [], "she looked"
    later = NOON + timedelta(hours=1)
    quick = [
        said.add("ann", f"now {device}", FALSE_ALARM, device=device, at=later + timedelta(seconds=device))
        for device in range(BURST)
    ]
    (found,) = unusual(said.all)
    assert (found.pattern, list(found.labels)) == (Pattern.BURST, quick)
    assert found.reason == "ann said false alarm of 10 devices or more within 30 seconds, 10 answers in all"


def test_many_answers_about_few_devices_or_of_both_kinds_are_no_burst() -> None:
    few, mixed = Answers(), Answers()
    for number in range(4 * BURST):
        at = NOON + timedelta(seconds=number / 10)
        few.add("ann", number, FALSE_ALARM, device=number % (BURST - 1), at=at)
        mixed.add("ann", number, FAULT if number % 7 == 0 else FALSE_ALARM, device=number, at=at)
    assert patterns(few.all) == patterns(mixed.all) == []


def test_a_model_is_sure_of_what_rings_far_above_its_threshold_or_far_below() -> None:
    policy = IncidentPolicy(open_after=2, of_last=3, close_after=3)
    incidents = [
        LabelledIncident(label, label, FAULT, np.array([[level], [level], [0.0]]))
        for label, level in enumerate((0.95, 0.7, 0.1), start=1)
    ]
    said = second_opinions(incidents, policy, 0.6, lambda sensors: sensors[:, 0], ())
    assert said == {1: FAULT, 3: FALSE_ALARM}
    assert second_opinions(incidents, policy, 0.6, lambda sensors: sensors[:, 0], (1, 2, 3)) == {}, "it learnt them"
