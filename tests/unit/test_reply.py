"""What a reply amounts to, decided without a database."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from core.label import Verdict, read_answer
from core.reply import Outcome, Refusal, Reply
from core.reply_rules import Circumstances, Given, outcome_of, taken_back

PRIVATE = Reply("telegram", 1, "{}", sender="11", chat="11", text="n")
ONE = Circumstances(operator=1, alerts=(5,))


def test_a_clear_answer_of_an_operator_to_one_alert_is_a_label() -> None:
    assert outcome_of(PRIVATE, ONE) is Outcome.LABELLED


def test_the_same_verdict_of_the_same_person_is_a_repeat_and_any_other_a_label() -> None:
    assert outcome_of(PRIVATE, replace(ONE, newest=Given(7, 1, Verdict.FALSE_ALARM))) is Outcome.REPEATED
    assert outcome_of(PRIVATE, replace(ONE, newest=Given(7, 1, Verdict.FAULT))) is Outcome.LABELLED
    assert outcome_of(PRIVATE, replace(ONE, newest=Given(7, 2, Verdict.FALSE_ALARM))) is Outcome.LABELLED


def test_an_undo_needs_an_answer_of_ones_own() -> None:
    undo = replace(PRIVATE, text=" /Undo@faultline_bot")
    own = replace(ONE, newest=Given(7, 1, Verdict.FAULT))
    assert outcome_of(undo, own) is Outcome.UNDONE
    assert outcome_of(replace(undo, takes_back=7), own) is Outcome.UNDONE
    assert outcome_of(replace(undo, takes_back=6), own) is Outcome.NOTHING_TO_UNDO
    assert outcome_of(undo, replace(own, operator=2)) is Outcome.NOTHING_TO_UNDO
    assert outcome_of(undo, ONE) is Outcome.NOTHING_TO_UNDO
    assert outcome_of(undo, Circumstances(operator=None)) is Outcome.UNAUTHORISED


SETTLED = Given(8, 3, Verdict.FAULT, settles=True)


def test_an_operator_does_not_overturn_what_an_engineer_settled() -> None:
    known = replace(ONE, newest=SETTLED, settled=SETTLED)
    assert outcome_of(PRIVATE, known) is Outcome.OVERRULED
    assert outcome_of(replace(PRIVATE, text="y"), known) is Outcome.LABELLED, "who agrees is heard"
    assert outcome_of(PRIVATE, replace(known, settles=True)) is Outcome.LABELLED, "another engineer may"


def test_an_engineer_repeats_nothing_while_what_they_said_counts() -> None:
    known = replace(ONE, operator=3, settles=True, newest=Given(9, 1, Verdict.FALSE_ALARM), settled=SETTLED)
    assert outcome_of(replace(PRIVATE, text="y"), known) is Outcome.REPEATED
    as_operator = replace(known, newest=Given(9, 3, Verdict.FAULT), settled=None)
    assert outcome_of(replace(PRIVATE, text="y"), as_operator) is Outcome.LABELLED, "now it settles"


def test_one_takes_back_what_counts_or_what_is_newest_if_it_is_ones_own() -> None:
    undo, overruled = replace(PRIVATE, text="/undo"), Given(9, 1, Verdict.FALSE_ALARM)
    known = replace(ONE, newest=overruled, settled=SETTLED)
    assert taken_back(undo, known) == overruled
    assert taken_back(undo, replace(known, operator=3)) == SETTLED
    assert taken_back(undo, replace(known, operator=2)) is None
    assert taken_back(replace(undo, takes_back=8), known) is None


def test_the_same_verdict_with_a_reason_is_a_label_that_says_more() -> None:
    known = replace(ONE, newest=Given(7, 1, Verdict.FALSE_ALARM))
    assert outcome_of(replace(PRIVATE, text="N, door was open"), known) is Outcome.LABELLED


def test_other_words_to_an_alerts_message_are_a_comment_and_anywhere_else_not_understood() -> None:
    words = replace(PRIVATE, text="Bearing ordered")
    assert outcome_of(replace(words, replies_to="70"), ONE) is Outcome.COMMENTED
    assert outcome_of(words, ONE) is Outcome.NOT_UNDERSTOOD
    assert outcome_of(replace(words, replies_to="70"), replace(ONE, alerts=())) is Outcome.NOT_UNDERSTOOD
    assert outcome_of(replace(words, replies_to="70", text=" "), ONE) is Outcome.NOT_UNDERSTOOD


def test_anybody_may_say_hello() -> None:
    assert outcome_of(replace(PRIVATE, text="/start"), Circumstances(operator=None)) is Outcome.WELCOMED


def test_a_forged_button_in_a_group_is_noticed_though_it_names_nothing() -> None:
    forged = replace(PRIVATE, chat="-5", text="", refusal=Refusal.FORGED)
    assert outcome_of(forged, ONE) is Outcome.REFUSED


replies = st.builds(
    Reply,
    channel=st.just("telegram"),
    update_id=st.integers(1, 9),
    raw=st.just("{}"),
    sender=st.sampled_from(["11", "12"]),
    chat=st.sampled_from(["11", "-5"]),
    text=st.sampled_from(["y", "N", "N why", "/start", "/undo", "maybe", ""]) | st.text(max_size=5),
    alert=st.none() | st.integers(1, 3),
    replies_to=st.none() | st.just("70"),
    refusal=st.none() | st.sampled_from(Refusal),
)
given_ones = st.builds(Given, st.integers(1, 9), st.integers(1, 2), st.sampled_from(Verdict), st.booleans())
circumstances = st.builds(
    Circumstances,
    operator=st.none() | st.integers(1, 2),
    alerts=st.lists(st.integers(1, 3), max_size=2),
    settles=st.booleans(),
    newest=st.none() | given_ones,
    settled=st.none() | given_ones,
)


@given(replies, circumstances)
def test_only_a_known_person_with_a_clear_answer_to_one_alert_ever_labels(reply: Reply, known: Circumstances) -> None:
    if outcome_of(reply, known) in (Outcome.LABELLED, Outcome.OVERRULED):
        assert known.operator is not None
        assert len(known.alerts) == 1
        assert read_answer(reply.text) is not None
        assert reply.refusal is None
