"""Whoever answers and takes back in whatever order: an alert has one effective answer or none, and undo restores."""

from hypothesis import given
from hypothesis import strategies as st

from core.label import Verdict
from core.reply import UNDO, Outcome, Reply
from tests.fake_inbox import FakeInbox, SentAlert

PEOPLE = {"11": 1, "12": 2}
said = st.tuples(st.sampled_from(sorted(PEOPLE)), st.sampled_from([None, Verdict.FAULT, Verdict.FALSE_ALARM]))


@given(st.lists(said, max_size=30))
def test_undo_restores_what_counted_before_ones_own_newest_answer(history: list[tuple[str, Verdict | None]]) -> None:
    inbox = FakeInbox(operators=PEOPLE, sent=[SentAlert(1, "11", "100")])
    counting: list[tuple[int, Verdict]] = []
    for number, (sender, verdict) in enumerate(history, start=1):
        text = UNDO if verdict is None else verdict.words
        outcome = inbox.accept("telegram/1", Reply("telegram", number, "{}", sender, sender, text, alert=1)).kind
        operator = PEOPLE[sender]
        if verdict is None:
            own = bool(counting) and counting[-1][0] == operator
            assert outcome is (Outcome.UNDONE if own else Outcome.NOTHING_TO_UNDO)
            counting = counting[:-1] if own else counting
        elif not counting or counting[-1] != (operator, verdict):
            assert outcome is Outcome.LABELLED
            counting.append((operator, verdict))
        kept = [label[1:] for place, label in enumerate(inbox.labels) if place not in inbox.taken_back]
        assert kept == counting
