"""What people hear of what they taught."""

import pytest

from alerts.markup import PLAIN
from alerts.taught_text import taught_text
from core.label import Verdict
from core.taught import Taught, taught
from core.verdict_replay import Replayed, Rings, Strength


def one(label: int, verdict: Verdict, champion: bool, challenger: bool) -> Replayed:
    return Replayed(label, label + 100, verdict, Rings(champion, challenger), Strength(0.5, 0.5))


REPLAY = [
    one(1, Verdict.FALSE_ALARM, champion=True, challenger=False),
    one(2, Verdict.FALSE_ALARM, champion=True, challenger=True),
    one(3, Verdict.FALSE_ALARM, champion=True, challenger=False),
    one(4, Verdict.FAULT, champion=True, challenger=True),
    one(5, Verdict.FAULT, champion=True, challenger=False),
    one(6, Verdict.FAULT, champion=False, challenger=False),
]


def test_each_person_is_told_of_their_own_answers_and_of_false_alarms_only_once() -> None:
    found = taught("press", 7, new={1, 2, 4}, given={1, 2, 3, 4, 5, 6}, replay=REPLAY)
    assert found == Taught("press", 7, answers=3, refuted=2, quiet=1, confirmed=2, lost=("#105",))
    assert taught("press", 7, {4}, {4}, REPLAY) == Taught("press", 7, 1, 0, 0, 1, ())


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (
            Taught("press", 7, 7, 6, 5, 1, ()),
            (
                "Your 7 answers are in press v7, in service from now on. 5 of your 6 false alarms would no longer ring."
                " No fault that you confirmed is lost."
            ),
        ),
        (
            Taught("press", 7, 1, 0, 0, 3, ("#3",)),
            (
                "Your answer is in press v7, in service from now on."
                " 1 fault that you confirmed would not ring any more: #3."
            ),
        ),
        (
            Taught("press", 7, 2, 1, 1, 0, ()),
            "Your 2 answers are in press v7, in service from now on. 1 of your 1 false alarm would no longer ring.",
        ),
    ],
)
def test_it_says_what_changed(facts: Taught, words: str) -> None:
    assert taught_text(facts, PLAIN) == words


def test_a_long_list_is_cut() -> None:
    lost = tuple(f"#{number}" for number in range(50))
    assert taught_text(Taught("press", 7, 1, 0, 0, 60, lost), PLAIN).endswith("#8, #9, ….")
