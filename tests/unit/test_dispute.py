from datetime import timedelta

from core.dispute import Said, counting, explained
from core.label import Verdict
from tests.builders import NOON

ANNA = Said(1, 11, "Anna", Verdict.FALSE_ALARM, NOON)
BEN = Said(2, 12, "Ben", Verdict.FAULT, NOON + timedelta(minutes=4))
EVA = Said(3, 13, "Eva", Verdict.FAULT, NOON + timedelta(minutes=9), settles=True)
LATER = Said(4, 11, "Anna", Verdict.MAINTENANCE, NOON + timedelta(minutes=12))


def test_a_dispute_says_who_said_what_and_that_the_later_counts_for_now() -> None:
    assert explained([ANNA, BEN], "Europe/Berlin") == (
        "Anna said false alarm (13:00 CET, 1 Mar), Ben real fault (13:04 CET, 1 Mar):"
        " Ben's, the later, counts until an engineer settles it."
    )
    assert counting([ANNA, BEN]) is BEN


def test_an_engineer_settles_it_and_a_later_operator_does_not() -> None:
    words = explained([BEN, EVA, LATER], "UTC")
    assert words.endswith("Anna maintenance (12:12 UTC, 1 Mar): Eva's counts, an engineer settled it.")
    assert counting([BEN, EVA, LATER]) is EVA


def test_people_who_agree_dispute_nothing() -> None:
    assert explained([], "UTC") == explained([ANNA], "UTC") == explained([BEN, EVA], "UTC") == ""


def test_many_people_with_long_names_stay_one_short_sentence() -> None:
    crowd = [Said(n, n, "x" * 300, list(Verdict)[n % 5], NOON) for n in range(1, 30)]
    assert len(explained(crowd, "UTC")) < 500
    assert "the latest, counts until" in explained(crowd, "UTC")
