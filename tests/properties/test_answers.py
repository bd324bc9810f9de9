"""Whoever answers and takes back in whatever order: an alert has one effective answer or none, and undo restores."""

from hypothesis import given
from hypothesis import strategies as st

from core.label import Verdict
from core.reply import UNDO, Outcome, Reply
from tests.fake_inbox import FakeInbox, SentAlert

PEOPLE = {"11": 1, "12": 2, "13": 3, "14": 4}
ENGINEERS = {3, 4}
Counting = list[tuple[int, Verdict]]
said = st.tuples(st.sampled_from(sorted(PEOPLE)), st.sampled_from([None, Verdict.FAULT, Verdict.FALSE_ALARM]))


def effective(counting: Counting) -> int | None:
    """The place of the one that counts: the newest of an engineer, or else the newest."""
    settled = [place for place, (operator, _) in enumerate(counting) if operator in ENGINEERS]
    return settled[-1] if settled else len(counting) - 1 if counting else None


@given(st.lists(said, max_size=30))
def test_the_newest_of_an_engineer_counts_or_else_the_newest_and_undo_restores(
    history: list[tuple[str, Verdict | None]],
) -> None:
    inbox = FakeInbox(operators=PEOPLE, engineers=ENGINEERS, sent=[SentAlert(1, "11", "100")])
    counting: Counting = []
    for number, (sender, verdict) in enumerate(history, start=1):
        text = UNDO if verdict is None else verdict.words
        outcome = inbox.accept("telegram/1", Reply("telegram", number, "{}", sender, sender, text, alert=1)).kind
        operator, counts = PEOPLE[sender], effective(counting)
        reachable = [place for place in (len(counting) - 1, counts) if place is not None and place >= 0]
        own = [place for place in reachable if counting[place][0] == operator]
        if verdict is None:
            assert outcome is (Outcome.UNDONE if own else Outcome.NOTHING_TO_UNDO)
            counting = [one for place, one in enumerate(counting) if place not in own[:1]]
        elif any(counting[place][1] is verdict for place in own):
            assert outcome is Outcome.REPEATED
        else:
            settled = counts is not None and counting[counts][0] in ENGINEERS and counting[counts][1] is not verdict
            assert outcome is (Outcome.OVERRULED if settled and operator not in ENGINEERS else Outcome.LABELLED)
            counting.append((operator, verdict))
        assert [(one.operator, one.verdict) for one in reversed(inbox.given(1))] == counting
