"""Each outcome of a reply has words, and they say what to do."""

import pytest

from alerts.facts import ReceiptFacts
from alerts.receipt_text import receipt_text
from core.dispute import Said
from core.label import Verdict
from core.reply import Outcome, Refusal
from tests.builders import NOON

WORDS = {
    Outcome.LABELLED: "Thank you. Noted: false alarm, press-3, alert #12.",
    Outcome.OVERRULED: "Kept: false alarm, press-3, alert #12. It does not count: an engineer has settled this alert.",
    Outcome.COMMENTED: "Kept as a comment on alert #12",
    Outcome.REPEATED: "Already noted: false alarm, alert #12.",
    Outcome.UNDONE: "Taken back: false alarm, press-3, alert #12.",
    Outcome.NOTHING_TO_UNDO: "no answer of yours to take back",
    Outcome.REPLAYED: "Noted before.",
    Outcome.WHICH_ALERT: "Reply to the message of the one you mean, or write its number too: Y 12",
    Outcome.UNKNOWN_ALERT: "No alert waits for an answer here",
    Outcome.NOT_UNDERSTOOD: "reply Y (real fault) or N (false alarm)",
    Outcome.WELCOMED: "Hello Anna.",
    Outcome.REFUSED: "not taken as answers",
    Outcome.UNAUTHORISED: "Give this id to an engineer, who can add you: 99",
}


ELSEWHERE = (Outcome.IGNORED, Outcome.TOLD, Outcome.REPORTED, Outcome.DONE, Outcome.ASKED_BACK)
"""The answers to commands have their own words."""


@pytest.mark.parametrize("outcome", [outcome for outcome in Outcome if outcome not in ELSEWHERE])
def test_each_outcome_is_told(outcome: Outcome) -> None:
    facts = ReceiptFacts(
        outcome,
        sender="99",
        by="" if outcome is Outcome.UNAUTHORISED else "Anna",
        alert=12,
        alerts=(12, 13),
        device="press-3",
        verdict=Verdict.FALSE_ALARM,
        refusal=Refusal.FORWARDED,
    )
    assert WORDS[outcome] in receipt_text(facts)


@pytest.mark.parametrize("refusal", list(Refusal))
def test_each_refusal_says_what_to_do_instead(refusal: Refusal) -> None:
    assert receipt_text(ReceiptFacts(Outcome.REFUSED, refusal=refusal))


def test_a_newcomer_learns_the_id_to_hand_to_an_engineer() -> None:
    assert receipt_text(ReceiptFacts(Outcome.WELCOMED, sender="99")).endswith(": 99")


def test_an_answer_to_a_question_calls_no_alarm_false() -> None:
    facts = ReceiptFacts(Outcome.LABELLED, by="Anna", question=3, device="T-7", verdict=Verdict.FALSE_ALARM)
    assert receipt_text(facts) == "Thank you. Noted: no fault, T-7, question #3."


def test_a_report_that_was_taken_back_names_no_alert() -> None:
    facts = ReceiptFacts(Outcome.UNDONE, by="Anna", device="T-7", verdict=Verdict.FAULT)
    assert receipt_text(facts) == "Taken back: real fault, T-7, which you reported."


ANNA_SAID = Said(1, 11, "Anna", Verdict.FALSE_ALARM, NOON)


@pytest.mark.parametrize(
    ("last", "outcome", "words"),
    [
        (
            Said(2, 12, "Ben", Verdict.FAULT, NOON),
            Outcome.LABELLED,
            "Others say otherwise: yours, the latest, counts until an engineer settles it.",
        ),
        (Said(2, 12, "Ben", Verdict.FAULT, NOON, settles=True), Outcome.LABELLED, "alert #12. That settles it."),
        (
            Said(2, 13, "Eva", Verdict.FAULT, NOON, settles=True),
            Outcome.OVERRULED,
            "It does not count: an engineer has settled this alert: real fault (Eva).",
        ),
    ],
)
def test_who_disagrees_hears_whose_answer_counts(last: Said, outcome: Outcome, words: str) -> None:
    facts = ReceiptFacts(outcome, by="Ben", alert=12, device="T-7", verdict=Verdict.FAULT, said=(ANNA_SAID, last))
    assert receipt_text(facts).endswith(words)
